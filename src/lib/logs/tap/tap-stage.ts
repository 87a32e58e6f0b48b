import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'

/** Where records are looked at: as they were read, as records, shaped, or on their way to a sink, which is `sink:NAME`. */
export type TapStage = 'read' | 'parsed' | 'shaped' | `sink:${string}`

const stages = ['read', 'parsed', 'shaped'] as const

export const sinkStage = (name: string): TapStage => `sink:${name}`

/** What somebody wants to see. */
export interface TapWish {
  /** As it was written: a sink needs `sink:` only where it is called as a stage is. */
  readonly stage: string
  /** Of this source alone. */
  readonly source?: string
  /** No more than so many records a second. */
  readonly perSecond?: number
}

/** The stage that is meant. @throws OpsError E_USAGE where the pipeline has no such stage, sink or source */
export function stageOf({ stage, source }: TapWish, { sources, sinks }: Pick<Pipeline, 'sources' | 'sinks'>): TapStage {
  const sourceNames = sources.map(({ name }) => name)
  if (source !== undefined && !sourceNames.includes(source)) throw unknown('source', source, sourceNames)
  const known = stages.find(name => name === stage)
  if (known !== undefined) return known
  const name = stage.replace(/^sink:/, '')
  const names = sinks.map(sink => sink.name)
  if (!names.includes(name)) throw unknown(stage === name ? 'stage or sink' : 'sink', name, [...stages, ...names])
  return sinkStage(name)
}

function unknown(noun: string, name: string, names: readonly string[]): OpsError {
  const close = nearest(name, names)
  return new OpsError('E_USAGE', `the pipeline that runs has no ${noun} '${name}'`, {
    hint: close === undefined ? `there are ${names.join(', ')}` : `did you mean ${close}?`,
  })
}
