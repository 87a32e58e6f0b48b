import { sleep } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import type { Report } from '../core/report.ts'
import type { Sudo } from '../core/transport.ts'
import type { Fleet } from '../fleet/index.ts'
import { FanOut } from '../run/fan-out.ts'
import type { BuiltPlan } from './built-plan.ts'
import { ChangeAccount } from './change-account.ts'
import type { ChangeLog } from './change-log.ts'
import { judgeGates } from './gates.ts'
import { HostChange } from './host-change.ts'
import { type ChangeWork, HostTurn } from './host-turn.ts'
import { HostUndo } from './host-undo.ts'
import { Leases } from './leases.ts'
import type { OwedHandlers } from './owed-handlers.ts'
import { hostsStanding, isStanding } from './standing.ts'
import { halfWay } from './unfinished.ts'
import { wavesOf } from './waves.ts'

export interface ChangeRequest {
  readonly fleet: Fleet
  readonly built: BuiltPlan
  readonly log: ChangeLog
  readonly owed?: OwedHandlers
  readonly concurrency: number
  readonly stepTimeoutMs: number
  readonly undoTimeoutMs: number
  /** More failed hosts than this stop the change. */
  readonly maxFailures: number
  readonly sudo?: Sudo
  /** Goes on while everything is in place on all hosts, before it is kept or taken back. False is a failure of the change. */
  readonly during?: (signal: AbortSignal, takeBack: TakeBack) => Promise<boolean>
}

/** Takes a step back before the others, on all hosts. False when it did not last until now, or could not be taken back. */
export type TakeBack = (step: string) => Promise<boolean>

interface Wave {
  readonly name: string
  readonly hosts: readonly Host[]
}

/** A change over a fleet: wave by wave, with gates between them; on failure what it did is taken back. */
export class Change {
  readonly #context: Context
  readonly #request: ChangeRequest
  readonly #work: ChangeWork
  readonly #account: ChangeAccount
  readonly #failed = new Set<string>()
  #whole = true

  constructor(context: Context, request: ChangeRequest) {
    this.#context = context
    this.#request = request
    this.#account = new ChangeAccount(context)
    const { fleet, built, log, owed, stepTimeoutMs, undoTimeoutMs, sudo } = request
    this.#work = {
      built,
      log,
      connector: fleet.connector,
      clock: context.clock,
      random: context.random,
      stepTimeoutMs,
      undoTimeoutMs,
      passed: context.passed ?? (() => {}),
      ...(owed && { owed }),
      ...(sudo && { sudo }),
      ...(built.plan.hold && { leases: new Leases({ id: log.changeId, hold: built.plan.hold }) }),
      onItem: (item, group) => this.#account.tell(item, group),
      timeline: this.#account.timeline,
    }
  }

  /** Applies the plan. Whatever happens, the report tells what stands on which host. */
  async apply(): Promise<Report> {
    const { built, fleet, log, during } = this.#request
    using _told = this.#tellHardStop()
    await using _leases = this.#work.leases
    let good = await this.#precheck()
    const fit = fleet.hosts.filter(({ name }) => !this.#failed.has(name))
    const waves = wavesOf(fit, built.plan.waves).map((hosts, index): Wave => ({ name: String(index + 1), hosts }))
    let reached = 0
    for (const wave of waves) {
      if (reached > 0) await this.#pause()
      if (fleet.signal.aborted) good = false
      if (!good) break
      reached++
      good = await this.#wave(wave)
    }
    if (good && during) good = await during(fleet.signal, step => this.#takeBack(step, waves))
    if (built.plan.finally === 'undo') good = (await this.#undoAsPlanned(waves, good && during !== undefined)) && good
    else good = await this.#keepOrRollBack(waves, { good, reached })
    await this.#account.tellUntouched([...waves, { name: '0', hosts: fleet.hosts }])
    await log.commitIfPossible({
      is: 'end',
      outcome: good && built.plan.finally !== 'undo' ? 'kept' : this.#whole ? 'undone' : 'stuck',
    })
    return this.#report('change')
  }

  async #keepOrRollBack(
    waves: readonly Wave[],
    { good, reached }: { readonly good: boolean; readonly reached: number },
  ): Promise<boolean> {
    if (good && (await this.#keep(waves, this.#request.fleet.signal))) return true
    await this.#rollBack(waves.slice(0, reached))
    // What the rollback leaves standing is meant to stay.
    await this.#keep(waves.slice(0, reached), new AbortController().signal)
    return false
  }

  /** Takes back what stands of the change. What somebody else did over it since then is left alone, unless `force` is given. */
  async undo({ force = false }: { readonly force?: boolean } = {}): Promise<Report> {
    const { fleet, log } = this.#request
    using _told = this.#tellHardStop()
    await using _leases = this.#work.leases
    await this.#undo([{ name: 'undo', hosts: fleet.hosts }], { asked: true, spare: !force })
    // Where nothing was begun the change stands as it did.
    if (this.#whole || !log.state.end) await log.commitIfPossible({ is: 'end', outcome: this.#whole ? 'undone' : 'stuck' })
    return this.#report('undo')
  }

  /** Whoever stops hard is told what he leaves behind; until the returned object is disposed of. */
  #tellHardStop(): Disposable {
    const { log, built } = this.#request
    const forget = this.#context.onInterrupt(hard => {
      const hosts = hard ? hostsStanding(log.state) : []
      return hosts.length > 0 ? halfWay({ runId: log.changeId, name: built.plan.name, hosts }) : ''
    })
    return { [Symbol.dispose]: forget }
  }

  /** False when too many hosts are not fit to be changed: then none is touched. */
  async #precheck(): Promise<boolean> {
    const { fleet, built, maxFailures } = this.#request
    if (built.precheck.length === 0 && !built.steps.some(({ kinds }) => kinds.some(kind => kind.needs))) return true
    const unfit = await this.#onEach({ name: '0', hosts: fleet.hosts }, fleet.signal, turn => new HostChange(turn).precheck())
    for (const { name } of unfit) this.#failed.add(name)
    return this.#failed.size <= maxFailures
  }

  /** False when the change has to stop. */
  async #wave(wave: Wave): Promise<boolean> {
    const { fleet, built, maxFailures, concurrency } = this.#request
    const bad = await this.#onEach(wave, fleet.signal, turn => new HostChange(turn).apply())
    for (const { name } of bad) this.#failed.add(name)
    if (fleet.signal.aborted || this.#failed.size > maxFailures) return false
    const good = wave.hosts.filter(host => !bad.includes(host))
    const gates = await judgeGates({
      gates: built.gates,
      wave: wave.name,
      hosts: good,
      signal: fleet.signal,
      work: this.#work,
      concurrency,
    })
    for (const name of gates.failed) this.#failed.add(name)
    if (!gates.passed) return false
    const shut = await this.#onEach({ ...wave, hosts: good }, fleet.signal, turn => new HostChange(turn).confirm())
    for (const { name } of shut) this.#failed.add(name)
    if (fleet.signal.aborted || this.#failed.size > maxFailures) return false
    // Within --max-fail the change goes on, but not with half-changed hosts behind it.
    await this.#undo([{ ...wave, hosts: [...bad, ...shut] }])
    return built.plan.rollback === 'run' || this.#keep([wave], fleet.signal)
  }

  /** What could not be taken back is tried again with everything else. */
  async #takeBack(step: string, waves: readonly Wave[]): Promise<boolean> {
    const { log } = this.#request
    let good = true
    for (const wave of waves) {
      const hosts = wave.hosts.filter(({ name }) => log.state.standing(name).some(touched => touched.step === step))
      const { lost, stuck } = await this.#end({ ...wave, hosts }, { looks: true, only: step })
      good &&= lost === 0 && stuck === 0
    }
    return good
  }

  /** Takes everything back in the end. False when something did not last until now: whoever looked on saw something else. */
  async #undoAsPlanned(waves: readonly Wave[], looks: boolean): Promise<boolean> {
    let lasted = true
    for (const wave of waves.toReversed()) {
      const hosts = wave.hosts.filter(({ name }) => isStanding(this.#request.log.state, name))
      const { lost, stuck } = await this.#end({ ...wave, hosts }, { looks })
      lasted &&= lost === 0
      this.#whole &&= stuck === 0
    }
    return lasted
  }

  /** Each host by itself, so that one that is lost does not keep the others waiting: looks whether everything stands, then takes it back. */
  async #end(
    wave: Wave,
    { looks, only }: { readonly looks: boolean; readonly only?: string },
  ): Promise<{ readonly lost: number; readonly stuck: number }> {
    const asked = this.#request.fleet.signal
    let lost = 0
    const stuck = await this.#onEach(wave, new AbortController().signal, async turn => {
      if (looks && !asked.aborted && !(await new HostChange(turn.as({ wave: 'lasting', signal: asked })).stands(only))) lost++
      const undo = new HostUndo(turn, { asked: true, spare: false })
      return only === undefined ? undo.run() : undo.runOne(only)
    })
    return { lost, stuck: stuck.length }
  }

  /** Ends the leases: from here on the hosts keep their change. False when one has taken itself back meanwhile. */
  async #keep(waves: readonly Wave[], signal: AbortSignal): Promise<boolean> {
    const { log, maxFailures } = this.#request
    if (!this.#work.leases) return true
    for (const wave of waves) {
      const hosts = wave.hosts.filter(({ name }) => !this.#failed.has(name) && log.state.standing(name).length > 0)
      const lost = await this.#onEach({ ...wave, hosts }, signal, turn => new HostChange(turn).release())
      for (const { name } of lost) this.#failed.add(name)
      if (this.#failed.size > maxFailures) return false
      await this.#undo([{ ...wave, hosts: lost }])
    }
    return true
  }

  async #rollBack(waves: readonly Wave[]): Promise<void> {
    const { rollback } = this.#request.built.plan
    const isFailed = ({ name }: Host): boolean => this.#failed.has(name)
    if (rollback === 'run') return this.#undo(waves)
    if (rollback === 'wave') return this.#undo(waves.slice(-1))
    return this.#undo(waves.map(wave => ({ ...wave, hosts: wave.hosts.filter(isFailed) })))
  }

  /** With a signal of its own: what interrupts a change must not interrupt that it is taken back. Each command still has its time limit. */
  async #undo(waves: readonly Wave[], how = { asked: false, spare: false }): Promise<void> {
    const { signal } = new AbortController()
    for (const wave of waves.toReversed()) {
      const touched = wave.hosts.filter(({ name }) => isStanding(this.#request.log.state, name))
      const stuck = await this.#onEach({ ...wave, hosts: touched }, signal, turn => new HostUndo(turn, how).run())
      if (stuck.length > 0) this.#whole = false
    }
  }

  /** The hosts on which the work did not succeed. */
  async #onEach(wave: Wave, signal: AbortSignal, act: (turn: HostTurn) => Promise<boolean>): Promise<Host[]> {
    const bad: Host[] = []
    const { context, request } = { context: this.#context, request: this.#request }
    const fanOut = new FanOut<Host, { readonly host: Host; readonly good: boolean }>({
      targets: wave.hosts,
      concurrency: request.concurrency,
      clock: context.clock,
      signal,
      maxFailures: Number.POSITIVE_INFINITY,
      task: async (host, { phase }) => ({
        host,
        good: await act(new HostTurn(this.#work, { host, wave: wave.name, signal, phase })),
      }),
      skipped: host => ({ host, good: false }),
      isFailure: ({ good }) => !good,
      onResult: ({ host, good }) => {
        if (!good) bad.push(host)
      },
      onProgress: state => context.progress.update(state),
    })
    const forget = context.onInterrupt(() =>
      fanOut
        .pending()
        .map(({ name, phase }) => `  ${name}: ${phase}`)
        .join('\n'),
    )
    try {
      await fanOut.run()
    } finally {
      forget()
    }
    return bad
  }

  async #pause(): Promise<void> {
    const { plan } = this.#request.built
    const { signal } = this.#request.fleet
    if (plan.pauseMs > 0) await sleep(this.#context.clock, plan.pauseMs, signal).catch(() => undefined)
  }

  #report(kind: string): Report {
    const { fleet, built, log } = this.#request
    return this.#account.report(kind, {
      title: built.plan.name,
      hosts: fleet.hosts,
      signal: fleet.signal,
      changed: () => fleet.hosts.some(({ name }) => log.state.standing(name).length > 0),
    })
  }
}
