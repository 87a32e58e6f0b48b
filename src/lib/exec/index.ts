export { type Execution, execute } from './execute.ts'
export { type ExecOptions, execOptions, execRequest } from './options.ts'
