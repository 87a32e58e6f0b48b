import type { Framing, LogSource } from '../../core/log-source.ts'
import type { Sink } from '../../core/sink.ts'
import type { Format } from '../formats/format.ts'
import type { PipelineTest } from './pipeline-test.ts'
import type { RecordFilter, RulePlan, ShapePlan } from './stages.ts'

export interface PipelineSource {
  readonly name: string
  readonly type: string
  readonly source: LogSource
  /** Absent: found out from the first lines of each stream. */
  readonly format?: Format
  readonly framing: Framing
  /** What the file says of it, as text: two that say the same are the same source. Absent: nobody can tell. */
  readonly config?: string
}

export interface PipelineSink {
  readonly name: string
  readonly type: string
  readonly sink: Sink
  /** Names of the sources whose records it gets; absent for all. */
  readonly sources?: readonly string[]
  /** Which of their records; absent for all. */
  readonly filter?: RecordFilter
  /** What the file says of it, as text: two that say the same are the same sink. Absent: nobody can tell. */
  readonly config?: string
  /** Nobody looks at what it gets. */
  readonly isNowhere?: true
}

/** What is put by for sinks that lag, and for sources that can not be read again. */
export interface SpoolLimits {
  /** Of each sink. */
  readonly maxBytes: number
  /** What becomes of records when it is full: reading waits, or they are dropped, and counted. */
  readonly whenFull: 'wait' | 'drop'
}

/** A pipeline as its file says, everything checked and nothing opened. */
export interface Pipeline {
  readonly sources: readonly PipelineSource[]
  /** Absent: records are delivered as they were read. */
  readonly shape?: ShapePlan
  /** Absent: nobody watches. */
  readonly rules?: RulePlan
  readonly sinks: readonly PipelineSink[]
  readonly spool: SpoolLimits
  /** What its author expects of it. */
  readonly tests: readonly PipelineTest[]
}
