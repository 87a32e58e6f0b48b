import { givingWay } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { unitsOf } from '../../probe/index.ts'
import type { History } from '../history/history.ts'
import { type Registrations, readRegistrations, writeRegistrations } from '../history/registrations.ts'
import type { ServeOptions } from '../options.ts'
import type { Patrol } from '../patrol.ts'
import type { PatrolFleet } from '../patrol-fleet.ts'
import { refuseSameIds, type Watch, type WatchedCheck, watchId } from '../watch.ts'
import { CheckFiles } from './check-files.ts'
import { fitting, refuseWrong } from './fitting.ts'
import { readNotLoaded } from './not-loaded.ts'
import { definitionOf, readConfigured, readRegistered, type SourcedCheck } from './read-checks.ts'
import { type RegisteredProbe, registeredProbe, UnloadedProbes } from './registered-probe.ts'
import { WatchedChecks } from './watched-checks.ts'

export interface RegistryTools {
  readonly options: ServeOptions
  readonly fleet: PatrolFleet
  readonly patrol: Patrol
  readonly history: History
}

/** A probe that registers. */
export interface Put {
  readonly name: string
  /** The check, as YAML or JSON. */
  readonly text: string
  /** `api`, `stream`. */
  readonly source: string
}

/** What is known before a change; it is not made where this throws. */
type Condition = (before: RegisteredProbe | undefined) => void

/**
 * Which probes there are: those of the configuration and those that were registered at run time, by the API or a stream of events. Every
 * change is one step: all that it leads to is good, and kept, or everything stays as it was.
 */
export class Registry {
  readonly #context: Context
  readonly #tools: RegistryTools
  readonly #files = new CheckFiles()
  #registrations: Registrations
  #configured: ReadonlyMap<string, SourcedCheck> = new Map()
  /** Of the registrations those that are loaded. */
  #registered = new Map<string, SourcedCheck>()
  /** What keeps the others from it. */
  #problems: ReadonlyMap<string, string> = new Map()
  #making: WatchedChecks
  readonly #watched = new Map<string, WatchedCheck>()
  readonly #unloaded = new UnloadedProbes()
  #last: Promise<unknown> = Promise.resolve()
  #figures = { good: 0, bad: 0, lastGoodAt: 0 }

  constructor(context: Context, tools: RegistryTools) {
    this.#context = context
    this.#tools = tools
    this.#registrations = readRegistrations(tools.history)
    this.#making = new WatchedChecks(context, tools.options)
  }

  /** Times that the configuration was read, and when it last was without mistakes, milliseconds since 1970. */
  get figures(): { readonly good: number; readonly bad: number; readonly lastGoodAt: number } {
    return this.#figures
  }

  /** Files that the checks come from, included ones too. Full paths. */
  get files(): readonly string[] {
    return this.#files.files
  }

  get probes(): RegisteredProbe[] {
    const loaded = [...this.#watched.values()].map(check => registeredProbe(check, this.#placesOf(check)))
    const others = [...this.#problems.keys(), ...this.#unloaded.all.map(({ name }) => name)].flatMap(
      name => this.probe(name) ?? [],
    )
    return [...loaded, ...others]
  }

  /** Undefined for one that is unregistered. */
  probe(name: string): RegisteredProbe | undefined {
    const check = this.#watched.get(name)
    if (check) return registeredProbe(check, this.#placesOf(check))
    const problem = this.#problems.get(name)
    if (problem === undefined) return this.#unloaded.get(name)
    return { name, state: 'unloaded', source: this.#registrations.registered.get(name)?.source ?? '', problem }
  }

  /** As it was written; undefined where it was not. */
  definition(name: string): Json | undefined {
    const check = this.#configured.get(name)?.check
    return this.#registrations.registered.get(name)?.definition ?? (check && definitionOf(check))
  }

  /** Reads the configuration, at the start and whenever it may have changed. @throws OpsError for what is wrong; everything is as it was then */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        await this.#readAnew()
        this.#figures = { ...this.#figures, good: this.#figures.good + 1, lastGoodAt: this.#context.clock.now() }
      } catch (error) {
        this.#figures = { ...this.#figures, bad: this.#figures.bad + 1 }
        throw error
      }
    })
  }

  /** Adds a probe, or replaces the one of that name. @throws OpsError E_PLAN, E_STATE; nothing changes then */
  put({ name, text, source }: Put, condition?: Condition): Promise<'added' | 'replaced'> {
    return this.#inTurn(async () => {
      const before = this.probe(name)
      condition?.(before)
      refuseWrongName(name)
      if (this.#configured.has(name))
        throw new OpsError('E_PLAN', `${name} is a check of the configuration, and is changed there`)
      const { definition, ...sourced } = await readRegistered(this.#context, { name, text, source })
      const known = this.#registrations.registered.get(name)
      const isKnown = known !== undefined && this.#registered.has(name)
      if (isKnown && JSON.stringify(known.definition) === JSON.stringify(definition)) return 'replaced'
      const registration = { name, definition, source, at: this.#context.clock.now() }
      const registered = new Map(this.#registrations.registered).set(name, registration)
      await this.#change({ put: sourced }, { ...this.#registrations, registered })
      return known ? 'replaced' : 'added'
    })
  }

  /** @throws OpsError E_USAGE for one that was not registered at run time, E_PLAN where others depend on it, E_STATE */
  remove(name: string, condition?: Condition): Promise<void> {
    return this.#inTurn(async () => {
      condition?.(this.probe(name))
      const registered = new Map(this.#registrations.registered)
      if (this.#configured.has(name))
        throw new OpsError('E_PLAN', `${name} is a check of the configuration, and is removed there`)
      if (!registered.delete(name)) throw this.#unknown(name, [...registered.keys()], 'was not registered at run time')
      const off = new Set(this.#registrations.off)
      off.delete(name)
      await this.#change({ gone: name }, { registered, off })
    })
  }

  /** Switches a probe off, or on again; it stays so over restarts. @throws OpsError E_USAGE, E_STATE */
  switch(name: string, isOn: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const check = this.#watched.get(name)
      const sourced = this.#configured.get(name) ?? this.#registered.get(name)
      if (!check || !sourced) throw this.#unknown(name, [...this.#watched.keys()], 'is not known')
      if (check.isOn === isOn) return
      const off = new Set(this.#registrations.off)
      if (isOn) off.delete(name)
      else off.add(name)
      await this.#change({ put: sourced }, { ...this.#registrations, off })
    })
  }

  #unknown(name: string, names: readonly string[], problem: string): OpsError {
    const close = nearest(name, names)
    return new OpsError('E_USAGE', `a probe '${name}' ${problem}`, close ? { hint: `did you mean ${close}?` } : {})
  }

  /** One change after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Judges everything together, and lets the patrol go on with it. */
  async #readAnew(): Promise<void> {
    const { options, fleet } = this.#tools
    const { off } = this.#registrations
    const giveWay = givingWay(this.#context.clock)
    const making = new WatchedChecks(this.#context, options, this.#making)
    const configured = await readConfigured(this.#context, { options, files: this.#files, giveWay })
    const { checks: others, problems } = await readNotLoaded(this.#context, {
      ...{ registrations: this.#registrations, loaded: this.#registered, making },
    })
    const fit = fitting([...configured, ...this.#registered.values()], others)
    const watched = await making.of(fit.checks, { off, giveWay })
    refuseSameIds(watched)
    await fleet.prepare(watched.flatMap(({ hosts = [] }) => hosts))
    for (const [name, problem] of fit.problems) problems.set(name, problem)
    for (const other of others) if (!problems.has(other.check.name)) this.#registered.set(other.check.name, other)
    this.#tellProblems(problems)
    this.#configured = new Map(configured.map(each => [each.check.name, each]))
    this.#making = making
    this.#watch(watched)
  }

  /** Loud, and once: a patrol that does not start because of one of them could not be told to forget it. */
  #tellProblems(problems: ReadonlyMap<string, string>): void {
    for (const [name, problem] of problems)
      if (this.#problems.get(name) !== problem)
        this.#context.log('error', `a registered probe is not loaded: ${problem}`, { probe: name })
    this.#problems = problems
  }

  /** One of them is another; all others stay as they are. @throws OpsError; nothing changes then */
  async #change(
    { put, gone }: { readonly put?: SourcedCheck; readonly gone?: string },
    registrations: Registrations,
  ): Promise<void> {
    const { fleet, patrol, history } = this.#tools
    const name = gone ?? put?.check.name ?? ''
    const others = [...this.#configured.values(), ...this.#registered.values()].filter(({ check }) => check.name !== name)
    const all = put ? [...others, put] : others
    // One that depends on nothing is wrong by itself or not at all.
    if (put && put.check.dependsOn.length > 0) refuseWrong(all)
    const child = put ? undefined : others.find(({ check }) => check.dependsOn.includes(name))?.check
    if (child) throw new OpsError('E_PLAN', `'${name}' is needed: '${child.name}' depends on it`)
    const changed = put ? [put] : []
    const watched = await this.#making.of(this.#making.isShare ? all : changed, registrations)
    refuseSameIds([...watched.flatMap(check => this.#atItsPlaces(check)), ...watched])
    await fleet.prepare(watched.flatMap(({ hosts = [] }) => hosts))
    writeRegistrations(history, this.#registrations, registrations)
    this.#registrations = registrations
    if (gone !== undefined) this.#registered.delete(gone)
    if (put && !this.#configured.has(name)) this.#registered.set(name, put)
    this.#problems = new Map([...this.#problems].filter(([each]) => each !== name))
    if (this.#making.isShare) return this.#watch(watched)
    for (const check of watched) this.#load(check)
    if (gone !== undefined) this.#unload(gone)
    patrol.change({ put: watched, gone: gone === undefined ? [] : [gone] })
  }

  #watch(watched: readonly WatchedCheck[]): void {
    const names = new Set(watched.map(({ name }) => name))
    for (const name of this.#watched.keys()) if (!names.has(name)) this.#unload(name)
    for (const check of watched) this.#load(check)
    this.#tools.patrol.apply(watched)
  }

  #load(check: WatchedCheck): void {
    this.#watched.set(check.name, check)
    this.#unloaded.delete(check.name)
  }

  #unload(name: string): void {
    const check = this.#watched.get(name)
    if (!check) return
    this.#unloaded.add(registeredProbe(check, this.#placesOf(check)))
    this.#watched.delete(name)
  }

  /** Others that are known by the same. */
  #atItsPlaces(check: WatchedCheck): WatchedCheck[] {
    const { watches } = this.#tools.patrol
    const there = unitsOf(check).flatMap(unit => watches.get(watchId(unit))?.check ?? [])
    return this.#making.isShare ? [] : there.filter(({ name }) => name !== check.name)
  }

  #placesOf({ name }: WatchedCheck): readonly Watch[] {
    return this.#tools.patrol.placesOf(name)
  }
}

const maxName = 200

/** It stands in labels, addresses and on pages. @throws OpsError E_PLAN */
function refuseWrongName(name: string): void {
  if (name.trim() === name && name !== '' && name.length <= maxName && !/\p{Cc}/u.test(name)) return
  throw new OpsError('E_PLAN', `${JSON.stringify(name.slice(0, maxName))} is no name of a probe`, {
    hint: `up to ${maxName} characters, none of them a control character, no space at either end`,
  })
}
