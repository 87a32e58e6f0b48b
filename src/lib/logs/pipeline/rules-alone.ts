import type { Sink } from '../../core/sink.ts'
import type { PipelineSink } from './pipeline.ts'

/** Takes everything at once and keeps nothing. */
const nowhere: Sink = {
  title: 'nowhere: rules alone look at it',
  limits: { bytes: 64 * 1024 * 1024, records: Number.MAX_SAFE_INTEGER, underWay: 1 },
  open: async () => ({
    send: async () => ({ result: 'delivered' }),
    [Symbol.asyncDispose]: async () => {},
  }),
}

/** Of sources that are only watched: how far rules have read them is remembered as that of any sink. No sink of a file can have its name. */
export const rulesAlone = (sources: readonly string[]): PipelineSink => ({
  name: '(rules)',
  type: 'rules',
  sink: nowhere,
  sources,
  isNowhere: true,
  config: JSON.stringify(sources),
})
