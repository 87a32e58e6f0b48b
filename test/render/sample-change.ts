import type { Item } from '../../src/lib/core/item.ts'
import { type Report, ReportFold, type Span } from '../../src/lib/core/report.ts'

interface SampleChange {
  readonly hosts: readonly string[]
  /** Ids and usual lengths in milliseconds, in their order. */
  readonly steps: Readonly<Record<string, number>>
  /** How many hosts each wave has. */
  readonly waves: readonly number[]
  /** `host step` that fails, with what it says. The wave of the last one is the last that is reached, and everything is taken back. */
  readonly failing?: Readonly<Record<string, string>>
}

const start = Date.UTC(2026, 10, 22, 3, 14, 15, 926)
const rfc3339 = (ms: number): string => new Date(start + Math.round(ms)).toISOString()

/** The report of a change as the engine makes it, without one: pre-check, waves with a gate, undo, hosts that were never reached. */
export function sampleChange({ hosts, steps, waves, failing = {} }: SampleChange): Report {
  const timeline: Span[] = []
  const items = new Map<string, Item>()
  const vary = variation()
  const tell = (path: string, { row, message, ...span }: Omit<Span, 'durationMs'> & { durationMs: number }): void => {
    timeline.push({ row, ...span, ...(message !== undefined && { message }) })
    const { group: _, ...rest } = span
    items.set(path, { path, host: row, ...rest, ...(message !== undefined && { message }) })
  }
  let now = 40
  for (const row of hosts) {
    timeline.push({
      ...{ group: 'precheck', row, name: 'precheck', outcome: 'ok' },
      startedAt: rfc3339(now),
      durationMs: 60 * vary(),
    })
  }
  now += 150
  let left = [...hosts]
  const reached: { readonly wave: number; readonly hosts: readonly string[] }[] = []
  const failed = new Set(Object.keys(failing).map(key => key.split(' ')[0] ?? ''))
  const mustFail = new Set(failed)
  for (const [index, size] of waves.entries()) {
    const wave = index + 1
    const own = left.slice(0, size)
    left = left.slice(size)
    reached.push({ wave, hosts: own })
    let end = now
    for (const row of own) {
      let at = now + 5 * vary()
      let good = true
      for (const [name, usual] of Object.entries(steps)) {
        const message = failing[`${row} ${name}`]
        const durationMs = Math.round(usual * vary())
        const outcome = message === undefined ? 'changed' : 'failed'
        const told = message === undefined ? `run ${name}` : `run ${name}: ${message}`
        tell(`${wave}/${row}/${name}`, {
          group: `wave ${wave}`,
          row,
          name,
          startedAt: rfc3339(at),
          durationMs,
          outcome,
          message: told,
        })
        at += durationMs + 1
        good = message === undefined
        if (!good) break
      }
      if (good) {
        tell(`${wave}/${row}/gate`, {
          ...{ group: `wave ${wave}`, row, name: 'port 443', startedAt: rfc3339(at), durationMs: Math.round(30 * vary()) },
          ...{ verdict: 'pass', message: 'open' },
        })
      }
      end = Math.max(end, at + 40)
    }
    now = end
    for (const row of own) mustFail.delete(row)
    if (failed.size > 0 && mustFail.size === 0) break
    now += 2000
  }
  if (failed.size > 0) {
    for (const { wave, hosts: own } of reached.toReversed()) {
      let end = now
      for (const row of own) {
        let at = now + 5 * vary()
        const done = timeline.filter(span => span.row === row && span.outcome !== 'ok' && span.verdict === undefined)
        for (const { name, outcome } of done.toReversed()) {
          const durationMs = Math.round(80 * vary())
          // What failed stays told as failed.
          tell(`${wave}/${row}/${name}${outcome === 'failed' ? '/undo' : ''}`, {
            ...{ group: 'undo', row, name, startedAt: rfc3339(at), durationMs },
            outcome: 'undone',
            message: `run ${name}`,
          })
          at += durationMs + 1
        }
        end = Math.max(end, at)
      }
      now = end
    }
    for (const row of left) {
      const message = 'not touched: the change was stopped before its wave'
      const wave = reached.length + 1
      tell(`${wave}/${row}`, {
        ...{ group: `wave ${wave}`, row, name: 'change', startedAt: rfc3339(now), durationMs: 0 },
        outcome: 'skipped',
        message,
      })
    }
  }
  const fold = new ReportFold()
  for (const item of items.values()) fold.add(item)
  return {
    ...{ kind: 'change', version: 1, runId: '20261122T031415Z-7f3a', title: 'raise worker connections' },
    ...{ startedAt: rfc3339(0), durationMs: Math.round(now) + 12, counts: fold.counts, items: fold.items(hosts), omitted: 0 },
    changed: failed.size === 0,
    timeline: timeline.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt)),
  }
}

/** Factors between 0.6 and 1.6, the same in every run (a linear congruential generator, Numerical Recipes). */
function variation(): () => number {
  let state = 42
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return 0.6 + state / 2 ** 32
  }
}
