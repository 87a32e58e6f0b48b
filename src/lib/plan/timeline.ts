import { rfc3339 } from '../core/clock.ts'
import type { Item } from '../core/item.ts'
import { maxSpans, type Report, type Span } from '../core/report.ts'

/** Milliseconds since the epoch. */
interface Stretch {
  readonly startedAt: number
  readonly endedAt: number
}

/** A try to take a step back that failed, and may be followed by another. */
interface FailedTry extends Stretch {
  readonly host: string
  readonly step: string
  readonly message: string
}

/** What a change did when, step by step and host by host: a bar each. Its room is bounded, and what went wrong is kept before what went well. */
export class Timeline {
  readonly #max: number
  readonly #calm: Span[] = []
  readonly #notable: Span[] = []
  readonly #tries = new Map<string, FailedTry[]>()
  #omitted = 0

  constructor(max = maxSpans) {
    this.#max = max
  }

  /** Takes up how something ended. Of an undo it is the last try; those before it are bars of their own. */
  told(item: Item, group?: 'undo'): void {
    const { host = '', path, name, outcome, verdict, startedAt, durationMs } = item
    const wave = path.slice(0, path.indexOf('/'))
    const step = path.slice(wave.length + host.length + 2).replace(/\/undo$/, '')
    const earlier = group === 'undo' ? this.#triesBefore(item, step) : []
    for (const bar of bars(earlier)) this.#add(bar)
    const waited = Math.max(0, (earlier.at(-1)?.endedAt ?? 0) - Date.parse(startedAt))
    // A gate has a verdict and a title; a step has an outcome and an id, and its title tells what it does.
    const isStep = verdict === undefined && step !== '' && step !== name
    const message = [isStep ? name : undefined, item.message].filter(part => part !== undefined).join(': ')
    this.#add({
      group: group ?? groupOf(wave),
      row: host,
      name: isStep ? step : name,
      startedAt: rfc3339(Date.parse(startedAt) + waited),
      durationMs: Math.max(0, durationMs - waited),
      ...(outcome && { outcome }),
      ...(verdict && { verdict }),
      ...(message !== '' && { message }),
    })
  }

  /** Takes up a pre-check that passed: there is no Item for it. */
  passed(host: string, { startedAt, endedAt }: Stretch): void {
    const span = { group: 'precheck', row: host, name: 'precheck', outcome: 'ok' } as const
    this.#add({ ...span, startedAt: rfc3339(startedAt), durationMs: endedAt - startedAt })
  }

  /** Takes up a try of an undo that failed; how the undo ended is told later. */
  tried(failed: FailedTry): void {
    const key = keyOf(failed)
    this.#tries.set(key, [...(this.#tries.get(key) ?? []), failed])
  }

  /** What a report says of it. */
  get report(): Pick<Report, 'timeline' | 'omittedSpans'> {
    const began = ({ startedAt }: Span): number => Date.parse(startedAt)
    const timeline = [...this.#calm, ...this.#notable].sort((a, b) => began(a) - began(b))
    return { timeline, ...(this.#omitted > 0 && { omittedSpans: this.#omitted }) }
  }

  #add(span: Span): void {
    const isCalm = span.outcome === 'ok' || span.outcome === 'changed' || span.verdict === 'pass'
    const isFull = this.#calm.length + this.#notable.length >= this.#max
    if (isFull) this.#omitted++
    if (isFull && (isCalm || this.#calm.pop() === undefined)) return
    if (isCalm) this.#calm.push(span)
    else this.#notable.push(span)
  }

  /** What could not be taken back at all ended with its last try. */
  #triesBefore({ host = '', outcome }: Item, step: string): readonly FailedTry[] {
    const key = keyOf({ host, step })
    const tries = this.#tries.get(key) ?? []
    this.#tries.delete(key)
    return outcome === 'stuck' ? tries.slice(0, -1) : tries
  }
}

const keyOf = ({ host, step }: Pick<FailedTry, 'host' | 'step'>): string => `${host}\0${step}`

function groupOf(wave: string): string {
  if (wave === '0') return 'precheck'
  return /^\d+$/.test(wave) ? `wave ${wave}` : wave
}

/** Tries that failed in the same way, one after the other, are one bar: a host that boots is tried for minutes. */
function bars(tries: readonly FailedTry[]): Span[] {
  const runs: FailedTry[][] = []
  for (const failed of tries) {
    const run = runs.at(-1)
    if (run?.[0]?.message === failed.message) run.push(failed)
    else runs.push([failed])
  }
  return runs.flatMap(run => {
    const [first, last] = [run[0], run.at(-1)]
    if (first === undefined || last === undefined) return []
    const message = run.length === 1 ? first.message : `${run.length} tries: ${first.message}`
    const span = { group: 'undo', row: first.host, name: first.step, outcome: 'failed', message } as const
    return [{ ...span, startedAt: rfc3339(first.startedAt), durationMs: last.endedAt - first.startedAt }]
  })
}
