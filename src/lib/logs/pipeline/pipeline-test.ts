import type { LogRecord } from '../records.ts'

/** What is to come of some lines. */
export interface PipelineTest {
  readonly name: string
  readonly source: string
  /** Whole lines: the last has its end too. */
  readonly text: string
  /** Of the records, in order; absent: they are not compared. */
  readonly expect?: readonly ExpectedRecord[]
  readonly dead?: number
  readonly filtered?: number
  /** How many records each sink would get. */
  readonly sinks?: Readonly<Record<string, number>>
}

/** Every key that is given must be equal; others may be there, but for those that must not. */
export interface ExpectedRecord {
  readonly keys: LogRecord
  readonly absent: readonly string[]
}
