import { formatDuration } from '../../core/duration.ts'
import { html, type Markup } from '../../render/page/markup.ts'

const width = 60
const height = 16
/** Points of a line that is as wide as a word. */
const maxPoints = 30

/** Latencies as a line from the oldest to the newest; what they say in words stands beside it. */
export function sparkline(latencies: readonly number[]): Markup {
  if (latencies.length < 2) return html``
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true"><path d="${lineOf(latencies, { width, height, points: maxPoints })}"/></svg>`
}

/** A path through the values, with zero at the bottom. Of more values than points the highest of each step. */
export function lineOf(
  values: readonly number[],
  { width, height, points }: { readonly width: number; readonly height: number; readonly points: number },
): string {
  const step = Math.max(1, values.length / points)
  const shown: number[] = []
  for (let at = 0; at < values.length; at += step)
    shown.push(Math.max(...values.slice(Math.floor(at), Math.max(Math.floor(at) + 1, Math.floor(at + step)))))
  const top = Math.max(...shown) || 1
  const x = (at: number): number => round((at * width) / Math.max(1, shown.length - 1))
  const y = (value: number): number => round(height - 1 - (value / top) * (height - 2))
  return `M${shown.map((value, at) => `${x(at)} ${y(value)}`).join('L')}`
}

const round = (value: number): number => Math.round(value * 10) / 10

/** `34ms`; below a millisecond its first digit. */
export const latencyText = (ms: number): string => (ms > 0 && ms < 1 ? `${ms.toFixed(1)}ms` : formatDuration(ms))
