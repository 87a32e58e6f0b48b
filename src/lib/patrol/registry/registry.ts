import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { refuseDoubles, refuseWrongParents, withHosts } from '../../probe/index.ts'
import type { History } from '../history/history.ts'
import { type Registration, type Registrations, readRegistrations, writeRegistrations } from '../history/registrations.ts'
import type { ServeOptions } from '../options.ts'
import type { Patrol } from '../patrol.ts'
import type { PatrolFleet } from '../patrol-fleet.ts'
import { refuseSameIds, type WatchedCheck } from '../watch.ts'
import { readConfigured, readRegistered, type SourcedCheck, versionOf } from './read-checks.ts'

/** Where a probe is in its life; one that nobody knows is unregistered. */
export type ProbeState = 'loaded' | 'active' | 'disabled' | 'unloaded'

/** A probe as the registry tells it. */
export interface RegisteredProbe {
  readonly name: string
  readonly type: string
  /** Of its definition: changes with it. */
  readonly version: string
  readonly capabilities: { readonly dimensions: readonly string[]; readonly places: number; readonly from: 'here' | 'host' }
  readonly state: ProbeState
  readonly source: string
}

export interface RegistryTools {
  readonly options: ServeOptions
  readonly fleet: PatrolFleet
  readonly patrol: Patrol
  readonly history: History
}

/** Probes that were unloaded are remembered, so many of them. */
const rememberedGone = 100

/**
 * Which probes there are: those of the configuration and those that were registered at run time, by the API or a stream of events. Every
 * change is one step: all that it leads to is good, and kept, or everything stays as it was.
 */
export class Registry {
  readonly #context: Context
  readonly #tools: RegistryTools
  #configured: readonly SourcedCheck[] = []
  readonly #read = new Map<string, SourcedCheck>()
  #registrations: Registrations
  #watched: readonly WatchedCheck[] = []
  readonly #gone = new Map<string, RegisteredProbe>()
  #last: Promise<unknown> = Promise.resolve()
  #figures = { good: 0, bad: 0, lastGoodAt: 0 }

  constructor(context: Context, tools: RegistryTools) {
    this.#context = context
    this.#tools = tools
    this.#registrations = readRegistrations(tools.history)
  }

  /** Times that the configuration was read, and when it last was without mistakes, milliseconds since 1970. */
  get figures(): { readonly good: number; readonly bad: number; readonly lastGoodAt: number } {
    return this.#figures
  }

  get probes(): RegisteredProbe[] {
    const known = this.#watched.map(check => this.#told(check))
    return [...known, ...[...this.#gone.values()].filter(({ name }) => !known.some(probe => probe.name === name))]
  }

  /** Reads the configuration, at the start and whenever it may have changed. @throws OpsError for what is wrong; everything is as it was then */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const configured = await readConfigured(this.#context, this.#tools.options)
        await this.#become({ configured, registrations: this.#registrations })
        this.#figures = { ...this.#figures, good: this.#figures.good + 1, lastGoodAt: this.#context.clock.now() }
      } catch (error) {
        this.#figures = { ...this.#figures, bad: this.#figures.bad + 1 }
        throw error
      }
    })
  }

  /** Adds a probe, or replaces the one of that name. @throws OpsError E_PLAN; nothing changes then */
  put(name: string, definition: Json, source: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#configured.some(({ check }) => check.name === name))
        throw new OpsError('E_PLAN', `${name} is a check of the configuration, and is changed there`)
      const registration: Registration = { name, definition, source, at: this.#context.clock.now() }
      const before = this.#read.get(name)
      this.#read.set(name, await readRegistered(this.#context, registration))
      const registered = new Map(this.#registrations.registered).set(name, registration)
      try {
        await this.#become({ configured: this.#configured, registrations: { ...this.#registrations, registered } })
      } catch (error) {
        if (before) this.#read.set(name, before)
        else this.#read.delete(name)
        throw error
      }
    })
  }

  /** @throws OpsError E_USAGE for one that was not registered at run time */
  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const registered = new Map(this.#registrations.registered)
      if (!registered.delete(name)) throw this.#unknown(name, [...registered.keys()], 'was not registered at run time')
      const off = new Set(this.#registrations.off)
      off.delete(name)
      await this.#become({ configured: this.#configured, registrations: { registered, off } })
    })
  }

  /** Switches a probe off, or on again; it stays so over restarts. @throws OpsError E_USAGE */
  switch(name: string, isOn: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const names = this.#watched.map(check => check.name)
      if (!names.includes(name)) throw this.#unknown(name, names, 'is not known')
      const off = new Set(this.#registrations.off)
      if (isOn) off.delete(name)
      else off.add(name)
      await this.#become({ configured: this.#configured, registrations: { ...this.#registrations, off } })
    })
  }

  #unknown(name: string, names: readonly string[], problem: string): OpsError {
    const close = nearest(name, names)
    return new OpsError('E_USAGE', `a probe '${name}' ${problem}`, close ? { hint: `did you mean ${close}?` } : {})
  }

  /** One change after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Judges everything together, keeps it, and lets the patrol go on with it. */
  async #become(next: { readonly configured: readonly SourcedCheck[]; readonly registrations: Registrations }): Promise<void> {
    const { options, fleet, patrol, history } = this.#tools
    const { configured, registrations } = next
    const all = [...configured, ...(await this.#registeredChecks(registrations))]
    refuseDoubles(all.map(({ check }) => check))
    refuseWrongParents(all.map(({ check }) => check))
    const probed = await withHosts(
      this.#context,
      all.map(({ check }) => check),
      { ...options, check: [], concurrency: options.workers, deadline: 0 },
    )
    refuseSameIds(probed)
    await fleet.prepare(probed.flatMap(({ hosts = [] }) => hosts))
    const watched = probed.map((check, index) => ({
      ...check,
      version: versionOf(check),
      source: all[index]?.source ?? '',
      isOn: !registrations.off.has(check.name),
    }))
    writeRegistrations(history, this.#registrations, registrations)
    this.#remember(watched)
    this.#configured = configured
    this.#registrations = registrations
    this.#watched = watched
    patrol.apply(watched)
  }

  async #registeredChecks({ registered }: Registrations): Promise<SourcedCheck[]> {
    const checks: SourcedCheck[] = []
    for (const [name, registration] of registered) {
      const known = this.#read.get(name) ?? (await readRegistered(this.#context, registration))
      this.#read.set(name, known)
      checks.push(known)
    }
    return checks
  }

  #remember(next: readonly WatchedCheck[]): void {
    const names = new Set(next.map(({ name }) => name))
    for (const check of this.#watched)
      if (!names.has(check.name)) this.#gone.set(check.name, { ...this.#told(check), state: 'unloaded' })
    for (const name of names) this.#gone.delete(name)
    for (const name of [...this.#gone.keys()].slice(0, -rememberedGone)) this.#gone.delete(name)
  }

  #told(check: WatchedCheck): RegisteredProbe {
    const { name, type, version, sampling, hosts, source, isOn, origin } = check
    const places = this.#tools.patrol.placesOf(name)
    const wasLookedAt = places.some(({ standing }) => standing.looks > 0)
    return {
      name,
      type,
      version,
      capabilities: {
        dimensions: sampling.map(({ dimension }) => dimension),
        places: hosts?.length ?? 1,
        from: hosts && origin !== undefined ? 'host' : 'here',
      },
      state: isOn ? (wasLookedAt ? 'active' : 'loaded') : 'disabled',
      source,
    }
  }
}
