import { type Clock, rfc3339, sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { formatDuration } from '../core/duration.ts'
import type { Item } from '../core/item.ts'
import type { Report } from '../core/report.ts'
import type { Fleet } from '../fleet/index.ts'
import { type BuiltPlan, judgeGates, type Onlooker, type TakeBack } from '../plan/index.ts'
import { retry } from '../run/retry.ts'
import { drillReport, measuredBy } from './drill-report.ts'
import { isHalted, lookMs } from './lever-watch.ts'
import { type DrillMoments, epochOf } from './moments.ts'
import type { AskedFault, Playbook } from './playbook/playbook.ts'
import type { Probing } from './probing.ts'
import { silenceOf } from './verifier/measure.ts'
import { judgeObjective } from './verifier/objective.ts'

/** Why the faults were healed before their time. */
export type Ending = { readonly is: 'halted' | 'aborted' | 'stopped'; readonly message: string }

export interface WatchParts {
  readonly playbook: Playbook
  readonly fleet: Fleet
  readonly built: BuiltPlan
  readonly probing: Probing
  readonly moments: DrillMoments
  /** With the hosts locked, before the first is touched. */
  onBegin(): void
}

/** Hosts whose checks run at once. */
const steadyAtOnce = 64

/** Looks on while the faults are in place, until everything is steady again, and then judges. */
export class DrillWatch implements Onlooker {
  readonly kind = 'drill'
  readonly #context: Context
  readonly #parts: WatchParts
  #observedFrom: number | undefined
  #observedUntil: number | undefined
  #aborted: Ending | undefined

  constructor(context: Context, parts: WatchParts) {
    this.#context = context
    this.#parts = parts
  }

  get question(): string {
    const { playbook, fleet } = this.#parts
    const seconds = playbook.durationMs / 1000
    return `${playbook.name}: ${playbook.faults.length} faults on ${fleet.hosts.length} hosts for ${seconds} s. Break them?`
  }

  begin(): void {
    this.#parts.onBegin()
  }

  async during(signal: AbortSignal, takeBack: TakeBack): Promise<boolean> {
    const { clock } = this.#context
    const began = clock.monotonic()
    this.#observedFrom = began
    let lasted = true
    for (const { id, durationMs } of soonestFirst(this.#parts.playbook)) {
      await this.#until(began + durationMs, signal)
      if (this.#aborted || signal.aborted) break
      // What is in place for as long as the drill is healed with everything else.
      if (durationMs < this.#parts.playbook.durationMs) lasted = await takeBack(id)
      if (!lasted) break
    }
    this.#observedUntil = clock.monotonic()
    return !this.#aborted && !signal.aborted && lasted
  }

  async #until(untilMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context
    while (!signal.aborted && !this.#aborted && clock.monotonic() < untilMs) {
      await sleep(clock, Math.min(lookMs, untilMs - clock.monotonic()), signal).catch(() => undefined)
      this.#aborted = this.#conditionMet()
    }
  }

  async conclude(report: Report): Promise<Report> {
    const healed = this.#context.clock.monotonic()
    const { probing, moments, playbook } = this.#parts
    const steady = moments.moments === undefined ? [] : await this.#untilSteady()
    const settled = this.#context.clock.monotonic()
    await probing[Symbol.asyncDispose]()
    const ending = this.#ending
    const judged = drillReport(report, {
      ...{ clock: this.#context.clock, playbook, steady, moments, series: probing.series },
      phases: {
        ...{ healed, settled },
        ...(this.#observedFrom !== undefined && { observedFrom: this.#observedFrom }),
        ...(this.#observedUntil !== undefined && { observedUntil: this.#observedUntil }),
      },
      ...(ending && { ending }),
    })
    // What became of the faults was told as it happened.
    for (const item of judged.items) if (!item.path.startsWith('fault/')) await this.#context.emit(item)
    return judged
  }

  get #ending(): Ending | undefined {
    const { signal } = this.#parts.fleet
    if (this.#aborted || !signal.aborted) return this.#aborted
    const message = signal.reason instanceof Error ? signal.reason.message : 'stopped'
    return { is: isHalted(signal) ? 'halted' : 'stopped', message }
  }

  #conditionMet(): Ending | undefined {
    const { playbook, probing, moments } = this.#parts
    const now = moments.moments
    const met =
      now && playbook.aborts.find(abort => judgeObjective(abort, measuredBy(playbook, probing.series), now).verdict === 'pass')
    return met && { is: 'aborted', message: `${met.text} came true` }
  }

  /**
   * The checks once more, until they pass and every probe that failed has succeeded again, or it has taken too long. Whoever ends the drill
   * does not wait for that: then nobody knows whether it would have become steady in its time.
   */
  async #untilSteady(): Promise<readonly Item[]> {
    const { clock, random } = this.#context
    const { playbook, fleet } = this.#parts
    const began = clock.monotonic()
    const until = began + playbook.settleMs
    let items: readonly Item[] = []
    const attempt = async (): Promise<void> => {
      items = await this.#judgeSteady(clock, new AbortController().signal)
      if (items.some(({ verdict }) => verdict !== 'pass' && verdict !== 'warn') || this.#silent(began).length > 0)
        throw new NotYet()
    }
    const options = { attempts: Number.POSITIVE_INFINITY, baseMs: 200, maxMs: 1000, random, clock, until, isRetryable: isNotYet }
    const looking = fleet.signal.aborted ? attempt() : retry(attempt, { ...options, signal: fleet.signal })
    await looking.catch(error => {
      if (!isNotYet(error) && !fleet.signal.aborted) throw error
    })
    const all = [...items, ...this.#silent(began)]
    return fleet.signal.aborted ? all.map(notAwaited) : all
  }

  /** What is not there again, of which nobody needs to have made an objective. */
  #silent(startedMs: number): readonly Item[] {
    const { clock } = this.#context
    const { probing, moments, playbook } = this.#parts
    const now = moments.moments
    if (!now) return []
    const startedAt = rfc3339(epochOf(clock, startedMs))
    const durationMs = Math.round(clock.monotonic() - startedMs)
    return probing.series.flatMap(series => {
      const silence = silenceOf(series, now)
      if (!silence) return []
      const message = `it did not succeed again within ${formatDuration(playbook.settleMs)}${silence.message && `: ${silence.message}`}`
      const { name } = series
      return { path: `steady/probe/${name}`, name, verdict: silence.isSeen ? 'fail' : 'unknown', message, startedAt, durationMs }
    })
  }

  async #judgeSteady(clock: Clock, signal: AbortSignal): Promise<readonly Item[]> {
    const { fleet, built } = this.#parts
    const items: Item[] = []
    const { connector, sudo, hosts } = fleet
    const work = { clock, connector, ...(sudo && { sudo }), onItem: async (item: Item) => void items.push(item) }
    await judgeGates({ gates: built.precheck, wave: 'steady', hosts, signal, work, concurrency: steadyAtOnce })
    return items
  }
}

const soonestFirst = ({ faults }: Playbook): readonly AskedFault[] => faults.toSorted((a, b) => a.durationMs - b.durationMs)

const notAwaited = (item: Item): Item => {
  if (item.verdict !== 'fail') return item
  return { ...item, verdict: 'unknown', message: `${item.message ?? 'it does not hold'}; the drill was ended before it could` }
}

class NotYet extends Error {}
const isNotYet = (error: unknown): boolean => error instanceof NotYet
