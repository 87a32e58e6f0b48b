import type { CheckResult } from '../core/check.ts'
import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Item, OutputRef } from '../core/item.ts'
import { type Lease, Semaphore } from '../run/semaphore.ts'
import { Judging } from './judging.ts'
import { levelsOf } from './levels.ts'
import { Looker, type LookerTools } from './looker.ts'
import type { ProbeTally } from './probe-tally.ts'
import type { ProbedCheck } from './probed-check.ts'
import { isStopped, stoppedLook } from './stopped-look.ts'
import { isTold, itemsOf, type Unit, type UnitResult, unitsOf } from './unit.ts'

/** What a run of checks needs. */
export interface ProbeWork extends LookerTools {
  readonly checks: readonly ProbedCheck[]
  readonly signal: AbortSignal
  /** Endpoints at a time. */
  readonly endpoints: number
  /** Hosts at a time. */
  readonly hosts: number
  /** Of several with the same context, to tell their outputs apart. */
  readonly round?: number
  /** Told what is begun and done. */
  readonly tally?: ProbeTally
  onItem(item: Item): Promise<void>
}

/** Between two looks at the same thing, milliseconds. */
const pauseMs = 1000

/** Runs every check once, in the order of what they depend on, and tells an item for each of its judgements. */
export async function runProbe(context: Pick<Context, 'clock' | 'outputs'>, work: ProbeWork): Promise<void> {
  await new ProbeRun(context, work).run()
}

class ProbeRun {
  readonly #context: Pick<Context, 'clock' | 'outputs'>
  readonly #work: ProbeWork
  readonly #endpoints: Semaphore
  readonly #hosts: Semaphore
  /** By check, then by host name ('' for here): what a bad check said. */
  readonly #bad = new Map<string, Map<string, string>>()
  readonly #looker: Looker

  constructor(context: Pick<Context, 'clock' | 'outputs'>, work: ProbeWork) {
    this.#context = context
    this.#work = work
    this.#endpoints = new Semaphore(work.endpoints)
    this.#hosts = new Semaphore(work.hosts)
    this.#looker = new Looker(context.clock, work)
  }

  async run(): Promise<void> {
    for (const level of levelsOf(this.#work.checks)) {
      const units = [...level].sort((a, b) => a.sla.localeCompare(b.sla)).flatMap(unitsOf)
      if (this.#work.signal.aborted) {
        await this.#notStarted(units)
        continue
      }
      const suppressed = units.filter(unit => this.#cause(unit) !== undefined)
      for (const unit of suppressed) await this.#suppress(unit)
      const wanted = units.filter(unit => !suppressed.includes(unit))
      const byHost = Map.groupBy(
        wanted.filter(({ probed }) => probed.check.host),
        ({ host }) => host?.name ?? '',
      )
      const alone = wanted.filter(({ probed }) => !probed.check.host)
      await Promise.all([...[...byHost.values()].map(units => this.#lookAtHost(units)), ...alone.map(unit => this.#lookAt(unit))])
    }
  }

  /** Why a check is not judged: the bad one that it depends on, on the same host where that is looked at there too. */
  #cause({ probed, host }: Unit): string | undefined {
    for (const name of probed.dependsOn) {
      const bad = this.#bad.get(name)
      if (!bad) continue
      const parent = this.#work.checks.find(check => check.name === name)
      const shares = host !== undefined && parent?.hosts?.some(each => each.name === host.name)
      const message = shares ? bad.get(host.name) : bad.values().next().value
      if (message !== undefined) return `suppressed by ${name}: ${message}`
    }
    return undefined
  }

  async #suppress(unit: Unit): Promise<void> {
    const result: CheckResult = { verdict: 'unknown', reason: 'dependency', message: this.#cause(unit) ?? '' }
    await this.#tell(unit, { result, startedAt: this.#context.clock.now(), durationMs: 0, looks: 0 })
  }

  async #notStarted(units: readonly Unit[]): Promise<void> {
    const result = stoppedLook(this.#work.signal, 'not started')
    for (const unit of units) await this.#tell(unit, { result, startedAt: this.#context.clock.now(), durationMs: 0, looks: 0 })
  }

  /** Does the work when there is room for it. What waits when the run is stopped is told all the same. */
  async #inTurn(slots: Semaphore, units: readonly Unit[], work: () => Promise<void>): Promise<void> {
    const { signal, tally } = this.#work
    let slot: Lease
    try {
      slot = await slots.acquire(1, signal)
    } catch (error) {
      if (signal.aborted) return this.#notStarted(units)
      throw error
    }
    using _ = slot
    tally?.begun(units)
    await work()
  }

  /** An endpoint, or a check that needs commands of its own. */
  async #lookAt(unit: Unit): Promise<void> {
    await this.#inTurn(unit.host ? this.#hosts : this.#endpoints, [unit], () => this.#untilDecided([unit]))
  }

  /** All checks of a host that need readings only: one command for all of them, and one more for those that are looked at again. */
  async #lookAtHost(units: readonly Unit[]): Promise<void> {
    await this.#inTurn(this.#hosts, units, () => this.#untilDecided(units))
  }

  async #untilDecided(units: readonly Unit[]): Promise<void> {
    const { clock } = this.#context
    const { signal } = this.#work
    for (let wanted = units.map(unit => ({ unit, judging: new Judging(unit.probed.sampling) })); ; ) {
      const startedAt = clock.now()
      const start = clock.monotonic()
      const results = await this.#looker.look(
        wanted.map(({ unit }) => unit),
        signal,
      )
      const durationMs = clock.monotonic() - start
      const open: typeof wanted = []
      for (const [index, each] of wanted.entries()) {
        const { unit, judging } = each
        const result = results[index]
        if (!result) continue
        // Whatever could not be seen: it is the end of the run that did it.
        if (signal.aborted && result.verdict === 'unknown' && !isStopped(result)) {
          await this.#tell(unit, { result: stoppedLook(signal, 'stopped'), startedAt, durationMs, looks: judging.looks + 1 })
        } else if (!judging.add(result) && !signal.aborted) open.push(each)
        else await this.#tell(unit, { result: judging.result ?? result, startedAt, durationMs, looks: judging.looks })
      }
      if (open.length === 0) return
      await sleep(clock, pauseMs, signal).catch(() => undefined)
      wanted = open
    }
  }

  async #tell(unit: Unit, told: UnitResult): Promise<void> {
    const { verdict, message } = told.result
    if (verdict === 'fail' || verdict === 'unknown') {
      const byHost = this.#bad.get(unit.probed.name) ?? new Map<string, string>()
      byHost.set(unit.host?.name ?? '', message)
      this.#bad.set(unit.probed.name, byHost)
    }
    if (isTold(unit)) await this.#tellItems(unit, told)
    this.#work.tally?.told(unit, verdict)
  }

  async #tellItems(unit: Unit, told: UnitResult): Promise<void> {
    const evidence = told.result.verdict === 'pass' ? undefined : told.result.evidence
    const kept = evidence && (await this.#keep(unit, evidence))
    for (const item of itemsOf(unit, kept ? { ...told, evidence: kept } : told))
      await this.#work.onItem(this.#looker.masked(item))
  }

  async #keep({ probed, host }: Unit, evidence: string): Promise<OutputRef> {
    const { round } = this.#work
    const writer = this.#context.outputs.open(`${host?.name ?? 'here'}/${probed.name}${round === undefined ? '' : `#${round}`}`)
    await writer.write(Buffer.from(this.#looker.maskedText(evidence)))
    return writer.close()
  }
}
