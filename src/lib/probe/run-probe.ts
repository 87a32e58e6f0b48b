import type { CheckPlace, CheckResult, SecretReference, Shared } from '../core/check.ts'
import { sleep } from '../core/clock.ts'
import type { Connector, Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import { hostNamed } from '../core/host.ts'
import type { Item, OutputRef } from '../core/item.ts'
import { type Sudo, type Transport, TransportError } from '../core/transport.ts'
import { type Lease, Semaphore } from '../run/semaphore.ts'
import { Judging } from './judging.ts'
import { levelsOf } from './levels.ts'
import { masked, maskedData } from './masked.ts'
import type { ProbeTally } from './probe-tally.ts'
import type { ProbedCheck } from './probed-check.ts'
import { readAll } from './readings.ts'
import { isStopped, stoppedLook } from './stopped-look.ts'
import { itemsOf, type Unit, type UnitResult, unitsOf } from './unit.ts'

/** What a run of checks needs. */
export interface ProbeWork {
  readonly checks: readonly ProbedCheck[]
  readonly connector: Connector
  readonly signal: AbortSignal
  readonly sudo?: Sudo
  readonly shared: Shared
  readonly secret: (reference: SecretReference) => Promise<string>
  /** Endpoints at a time. */
  readonly endpoints: number
  /** Hosts at a time. */
  readonly hosts: number
  readonly trace?: (line: string) => void
  /** Of several with the same context, to tell their outputs apart. */
  readonly round?: number
  /** Told what is begun and done. */
  readonly tally?: ProbeTally
  onItem(item: Item): Promise<void>
}

const thisHost = hostNamed('localhost', { via: 'local' })

/** Gives what it finds for each. */
type Look = (place: CheckPlace, wanted: readonly Unit[]) => Promise<readonly CheckResult[]>

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
  /** Every secret that a check has read. */
  readonly #secrets = new Set<string>()
  /** What a check finds wherever it looks. */
  readonly #everywhere: Omit<CheckPlace, 'transport' | 'from'>

  constructor(context: Pick<Context, 'clock' | 'outputs'>, work: ProbeWork) {
    this.#context = context
    this.#work = work
    this.#endpoints = new Semaphore(work.endpoints)
    this.#hosts = new Semaphore(work.hosts)
    const { signal, shared, secret, sudo, trace } = work
    this.#everywhere = {
      clock: context.clock,
      signal,
      shared,
      secret: async reference => {
        const value = await secret(reference)
        this.#secrets.add(value)
        return value
      },
      hides: value => void this.#secrets.add(value),
      ...(sudo && { sudo }),
      ...(trace && { trace: (line: string) => trace(masked(line, this.#secrets)) }),
    }
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
    const { probed, host } = unit
    await this.#inTurn(host ? this.#hosts : this.#endpoints, [unit], () =>
      this.#untilDecided([unit], async place => [await probed.check.run(place)]),
    )
  }

  /** All checks of a host that need readings only: one command for all of them, and one more for those that are looked at again. */
  async #lookAtHost(units: readonly Unit[]): Promise<void> {
    await this.#inTurn(this.#hosts, units, () =>
      this.#untilDecided(units, async (place, wanted) => {
        const looks = wanted.flatMap(({ probed }) => probed.check.host ?? [])
        const found = await readAll(
          place,
          looks.flatMap(({ readings }) => readings),
        )
        return looks.map(look => look.judge(found, place))
      }),
    )
  }

  async #untilDecided(units: readonly Unit[], look: Look): Promise<void> {
    const { clock } = this.#context
    const { signal } = this.#work
    for (let wanted = units.map(unit => ({ unit, judging: new Judging(unit.probed.sampling) })); ; ) {
      const startedAt = clock.now()
      const start = clock.monotonic()
      const results = await this.#looked(
        wanted.map(({ unit }) => unit),
        look,
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

  /** What cannot be reached gives no verdict, whatever was to be looked at there. */
  async #looked(units: readonly Unit[], look: Look): Promise<readonly CheckResult[]> {
    const [first] = units
    const all = (result: CheckResult): readonly CheckResult[] => units.map(() => result)
    try {
      return await look(await this.#place(first?.host), units)
    } catch (error) {
      if (this.#work.signal.aborted) return all(stoppedLook(this.#work.signal, 'stopped'))
      // A secret that is not there is missed by its check alone.
      if (error instanceof OpsError && error.code === 'E_CONFIG')
        return all({ verdict: 'unknown', reason: 'unreadable', message: error.message })
      if (error instanceof TransportError) return all({ verdict: 'unknown', reason: error.reason, message: error.message })
      throw error
    }
  }

  async #place(host: Host | undefined): Promise<CheckPlace> {
    const { connector, signal } = this.#work
    const transport: Transport = await connector.connect(host ?? thisHost, { signal })
    return { ...this.#everywhere, transport, from: host ? 'host' : 'here' }
  }

  async #tell(unit: Unit, told: UnitResult): Promise<void> {
    const { verdict, message } = told.result
    if (verdict === 'fail' || verdict === 'unknown') {
      const byHost = this.#bad.get(unit.probed.name) ?? new Map<string, string>()
      byHost.set(unit.host?.name ?? '', message)
      this.#bad.set(unit.probed.name, byHost)
    }
    const evidence = verdict === 'pass' ? undefined : told.result.evidence
    const kept = evidence && (await this.#keep(unit, evidence))
    for (const item of itemsOf(unit, kept ? { ...told, evidence: kept } : told)) await this.#work.onItem(this.#masked(item))
    this.#work.tally?.told(unit, verdict)
  }

  #masked(item: Item): Item {
    if (this.#secrets.size === 0) return item
    const { message, data } = item
    return {
      ...item,
      ...(message && { message: masked(message, this.#secrets) }),
      ...(data && { data: maskedData(data, this.#secrets) }),
    }
  }

  async #keep({ probed, host }: Unit, evidence: string): Promise<OutputRef> {
    const { round } = this.#work
    const writer = this.#context.outputs.open(`${host?.name ?? 'here'}/${probed.name}${round === undefined ? '' : `#${round}`}`)
    await writer.write(Buffer.from(masked(evidence, this.#secrets)))
    return writer.close()
  }
}
