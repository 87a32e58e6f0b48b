export { keptReport } from './kept-report.ts'
export { ruleOptions, scanOptions } from './options.ts'
export { ruleTable } from './rule-table.ts'
export { scan } from './scan.ts'
