export { shipOptions } from './options.ts'
export { shipLogs } from './ship.ts'
