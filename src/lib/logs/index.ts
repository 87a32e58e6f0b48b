export { lintPipeline } from './lint.ts'
export { shipLintOptions, shipOptions, shipStatusOptions } from './options.ts'
export { pipelineStatus } from './pipeline-status.ts'
export { shipLogs } from './ship.ts'
