export { type Alerting, type AlertingOptions, openAlerting } from './alerting.ts'
export { type AlertingConfig, noAlerting } from './config.ts'
export type { ChannelStatus, PendingAlert } from './status.ts'
