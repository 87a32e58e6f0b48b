export { type BuiltPlan, buildPlan } from './built-plan.ts'
export { Change, type ChangeRequest } from './change.ts'
export { ChangeLog } from './change-log.ts'
export type { ChangeState } from './change-state.ts'
