/** What objectives may be about. Each is of one probe; without a name it is that of the probe with which it is worst. */
export const figures = {
  recovery_seconds: 'from the injection to the first success after the first failure; 0 without a failure',
  outage_seconds: 'from the first failure to the first success after it; 0 without a failure',
  heal_seconds: 'from the end of the fault to the first success after it',
  error_ratio: 'failures by samples while the fault was in place',
  failures: 'failed samples while the fault was in place',
  p95_ms: 'time that 95 % of the successful samples took at most, while the fault was in place',
} as const
export type Figure = keyof typeof figures

export const figureNames = Object.keys(figures) as readonly Figure[]
