import type { Host } from '../core/host.ts'
import type { WaveSpec } from '../core/plan.ts'

/**
 * Splits hosts into waves, in their order. A share counts over all hosts and is what has been reached after the wave (10%, then 100%), at
 * least one host more; a count is so many more; a label takes those that carry it. What is left goes into a last wave; empty waves vanish.
 */
export function wavesOf(hosts: readonly Host[], specs: readonly WaveSpec[]): Host[][] {
  let left = [...hosts]
  const waves: Host[][] = []
  for (const spec of specs) {
    const done = hosts.length - left.length
    const wave = takenBy(spec, { left, done, total: hosts.length })
    const taken = new Set(wave)
    left = left.filter(host => !taken.has(host))
    waves.push(wave)
  }
  return [...waves, left].filter(wave => wave.length > 0)
}

function takenBy(spec: WaveSpec, { left, done, total }: { left: readonly Host[]; done: number; total: number }): Host[] {
  if ('count' in spec) return left.slice(0, spec.count)
  if ('percent' in spec) return left.slice(0, Math.max(1, Math.ceil((spec.percent * total) / 100) - done))
  return left.filter(host => host.labels[spec.label] === spec.value)
}
