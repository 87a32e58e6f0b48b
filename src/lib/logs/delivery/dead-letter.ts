/** A record that was not delivered and never will be as it is, and why. */
export interface DeadLetter {
  /** Names the record for ever: see recordName. */
  readonly id: string
  /** That refused it; absent where it died before any sink saw it. */
  readonly sink?: string
  readonly source: string
  /** `sink`, or that of the stage: `schema`. */
  readonly stage: string
  readonly reason: string
  /** JSON text. */
  readonly record: string
  /** Where the record is too long to be kept whole: its length. */
  readonly cutFrom?: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Which letters are meant; all of them where nothing is said. */
export interface DeadLetterFilter {
  readonly sink?: string
  readonly source?: string
  readonly stage?: string
  /** Part of the reason. */
  readonly reason?: string
  /** Milliseconds since 1970. */
  readonly since?: number
}

export const isMeant = (letter: DeadLetter, { sink, source, stage, reason, since }: DeadLetterFilter): boolean =>
  (sink === undefined || letter.sink === sink) &&
  (source === undefined || letter.source === source) &&
  (stage === undefined || letter.stage === stage) &&
  (reason === undefined || letter.reason.includes(reason)) &&
  (since === undefined || letter.at >= since)
