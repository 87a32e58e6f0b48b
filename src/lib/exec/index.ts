export { execOptions } from './options.ts'
export * from './work.ts'

// Loaded when it is called.
export const undoChange: typeof import('../plan/known-change.ts').undoChange = async (...given) =>
  (await import('../plan/known-change.ts')).undoChange(...given)
export const changeSchemaDocument: typeof import('./change/schema-document.ts').changeSchemaDocument = async (...given) =>
  (await import('./change/schema-document.ts')).changeSchemaDocument(...given)
export const showRun: typeof import('./runs/run-details.ts').showRun = async (...given) =>
  (await import('./runs/run-details.ts')).showRun(...given)
export const listRuns: typeof import('./runs/run-list.ts').listRuns = async (...given) =>
  (await import('./runs/run-list.ts')).listRuns(...given)
export const settleRun: typeof import('./runs/run-settling.ts').settleRun = async (...given) =>
  (await import('./runs/run-settling.ts')).settleRun(...given)
export const pruneRuns: typeof import('./runs/run-pruning.ts').pruneRuns = async (...given) =>
  (await import('./runs/run-pruning.ts')).pruneRuns(...given)
