// `opsctl exec` without its flags, whose schema a start is not to wait for: the door for exec.run.ts.
export { changeFileOf } from './change/change-file.ts'
export { execute } from './execute.ts'
export type { ExecOptions } from './options.ts'
export { checkDryRun, checkResume, execRequest } from './request.ts'

// What a command on hosts does not need is loaded when it is called: the engine of changes is larger than all the rest.
export const applyChange: typeof import('./change/apply-change.ts').applyChange = async (...given) =>
  (await import('./change/apply-change.ts')).applyChange(...given)
export const resumeChange: typeof import('../plan/known-change.ts').resumeChange = async (...given) =>
  (await import('../plan/known-change.ts')).resumeChange(...given)
