import type { Figure } from './figures.ts'
import type { Moments, Sample, Series } from './series.ts'

/** A figure as far as it is known: of what has not ended yet only the least is. Seconds, milliseconds or a ratio, as its name says. */
export interface Measured {
  readonly least: number
  readonly most: number
}

/** A figure of one probe; undefined where there is no data for it. */
export function measure(figure: Figure, series: Series, moments: Moments): Measured | undefined {
  const samples = series.during(moments)
  if (samples.length === 0) return undefined
  const failed = samples.filter(({ outcome }) => outcome === 'failed')
  switch (figure) {
    case 'error_ratio':
      return exactly(failed.length / samples.length)
    case 'failures':
      return exactly(failed.length)
    case 'p95_ms':
      return percentile(samples.filter(({ outcome }) => outcome === 'ok'))
    case 'recovery_seconds':
      return untilSuccess(series, moments, failed[0], moments.injectedMs)
    case 'outage_seconds':
      return untilSuccess(series, moments, failed[0], failed[0]?.startMs ?? 0)
    case 'heal_seconds':
      return healing(series, moments)
  }
}

/** First failure and the first success after it; an answer counts as success when it is there, as failure when it was asked for. */
export function interruption(series: Series, moments: Moments): { readonly failed?: Sample; readonly recovered?: Sample } {
  const failed = series.during(moments).find(({ outcome }) => outcome === 'failed')
  const recovered = failed && firstSuccess(series, failed.startMs)
  return { ...(failed && { failed }), ...(recovered && { recovered }) }
}

/** Undefined when the probe has succeeded since the end of the faults, and since it failed. `isSeen`: it was seen to fail since then. */
export function silenceOf(series: Series, moments: Moments): { readonly isSeen: boolean; readonly message: string } | undefined {
  const { healedMs = moments.nowMs } = moments
  const { failed, recovered } = interruption(series, moments)
  const since = series.samples.filter(({ startMs }) => startMs >= healedMs)
  const isBack = since.some(({ outcome }) => outcome === 'ok')
  if (isBack && (failed === undefined || recovered !== undefined)) return undefined
  const last = since.findLast(({ outcome }) => outcome === 'failed')
  const unasked = since.length === 0 ? 'it was not asked since then' : ''
  return { isSeen: last !== undefined, message: (last ?? since.at(-1))?.message ?? unasked }
}

const exactly = (value: number): Measured => ({ least: value, most: value })
const seconds = (ms: number): number => ms / 1000

function untilSuccess(series: Series, { nowMs }: Moments, failed: Sample | undefined, fromMs: number): Measured {
  if (!failed) return exactly(0)
  const recovered = firstSuccess(series, failed.startMs)
  if (recovered) return exactly(seconds(recovered.endMs - fromMs))
  return { least: seconds(nowMs - fromMs), most: Number.POSITIVE_INFINITY }
}

function healing(series: Series, { healedMs, nowMs }: Moments): Measured | undefined {
  if (healedMs === undefined) return undefined
  const success = firstSuccess(series, healedMs)
  if (success) return exactly(seconds(success.endMs - healedMs))
  return { least: seconds(nowMs - healedMs), most: Number.POSITIVE_INFINITY }
}

/** Of those that were asked after a moment the one whose answer was there first. */
function firstSuccess({ samples }: Series, afterMs: number): Sample | undefined {
  const successes = samples.filter(({ startMs, outcome }) => outcome === 'ok' && startMs > afterMs)
  return successes.reduce<Sample | undefined>(
    (first, sample) => (first && first.endMs <= sample.endMs ? first : sample),
    undefined,
  )
}

/** By the nearest rank. */
function percentile(samples: readonly Sample[]): Measured | undefined {
  const times = samples.map(({ startMs, endMs }) => endMs - startMs).sort((a, b) => a - b)
  const value = times[Math.ceil(times.length * 0.95) - 1]
  return value === undefined ? undefined : exactly(value)
}
