export { mergeReports } from './merge.ts'
export { mergeOptions } from './options.ts'
