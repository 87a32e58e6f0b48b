export { listLetters } from './dlq/list-letters.ts'
export { replayLetters } from './dlq/replay-letters.ts'
export { lintPipeline } from './lint.ts'
export {
  dlqListOptions,
  dlqReplayOptions,
  shipLintOptions,
  shipOptions,
  shipStatusOptions,
  shipTestOptions,
  tapOptions,
} from './options.ts'
export { pipelineStatus } from './pipeline-status.ts'
export { shipLogs } from './ship.ts'
export { tapPipeline } from './tap/tap-pipeline.ts'
export { testPipeline } from './trial/test-pipeline.ts'
