import type { Json } from '../core/json.ts'
import { type Hold, StepError, type StepKind, type StepPlace } from '../core/plan.ts'
import { type Transport, TransportError } from '../core/transport.ts'
import type { BuiltStep } from './built-plan.ts'
import { Heartbeat } from './heartbeat.ts'
import type { HostTurn } from './host-turn.ts'
import {
  addWayBack,
  armLease,
  fencedPlace,
  LeaseError,
  type LeaseHandle,
  type LeaseRelease,
  leaseAt,
  releaseLease,
  renewLease,
} from './lease/index.ts'
import { stepPlace } from './step-place.ts'

/** What a host is asked to do, with everything that its way back needs. */
interface Covered {
  readonly step: BuiltStep
  readonly kind: StepKind
  readonly before: Json
}

interface HeldLease {
  readonly lease: LeaseHandle
  readonly heartbeat: Heartbeat
  steps: number
}

/** A guard that takes back what was done is waited for so long: each of its commands may take five minutes. */
const takingBackMs = 15 * 60_000

/** The leases of a change: every touched host holds one until its change is kept, and takes itself back when opsctl is lost. */
export class Leases implements AsyncDisposable {
  readonly #id: string
  readonly #hold: Hold
  readonly #held = new Map<string, HeldLease>()

  /** `id` is that of the change: an undo in another process finds the leases by it. */
  constructor({ id, hold }: { readonly id: string; readonly hold: Hold }) {
    this.#id = id
    this.#hold = hold
  }

  /**
   * Puts the way back of a step on its host before it is done, and gives the place to do it at: one where nothing happens any more
   * once the host has taken itself back. @throws StepError when it has
   */
  async cover(turn: HostTurn, place: StepPlace, { step, kind, before }: Covered): Promise<StepPlace> {
    const held = this.#held.get(turn.host.name) ?? (await this.#arm(turn, place))
    const isHandler = step.spec.on !== undefined
    const commands = isHandler ? kind.doAlone?.(before) : kind.undoAlone?.(before)
    if (!commands) throw new StepError('a host can not take this step back by itself, so it can not be held')
    const { ttlMs } = this.#hold
    const how = await addWayBack(place, held.lease, {
      order: held.steps++,
      after: isHandler || kind.undoneLast === true,
      commands,
      ttlMs,
    })
    if (how !== 'held') throw new LeaseError(how)
    return fencedPlace(place, held.lease)
  }

  /** A new login must succeed, and the checks must pass there. @throws TransportError, StepError */
  async confirm(turn: HostTurn): Promise<void> {
    const { connector, built, clock, sudo, stepTimeoutMs: timeoutMs } = turn.work
    const { signal } = turn
    await using transport: Transport = await connector.login(turn.host, { signal })
    const place = stepPlace({ transport, clock, signal, timeoutMs, ...(sudo && { sudo }) })
    const { code, ended, message } = await place.run({ argv: ['true'] })
    if (ended) throw new TransportError(ended, message ?? ended)
    if (code !== 0) throw new StepError('a new login can not run commands')
    await turn.demand(built.confirm, place)
  }

  /** The change is kept on a host. @throws StepError when the host has taken itself back meanwhile, TransportError */
  async release(turn: HostTurn): Promise<void> {
    const held = this.#held.get(turn.host.name)
    if (!held) return
    const end = await this.#end(turn, await turn.place(), held.lease)
    if (end.is !== 'released') throw new LeaseError(end.is)
  }

  /**
   * Ends the lease of a host before opsctl takes the change back there, so that only one of them does. True when the host had done it by
   * itself. @throws TransportError
   */
  async takeOver(turn: HostTurn, place: StepPlace): Promise<boolean> {
    const directory = turn.work.log.state.lease(turn.host.name)
    if (directory === undefined) return false
    const end = await this.#end(turn, place, leaseAt(directory))
    return end.is === 'over'
  }

  /** True while this process renews the lease of a host. */
  holds(host: string): boolean {
    return this.#held.has(host)
  }

  /** A place where nothing happens any more once the host has begun to take itself back; undefined for a host without a lease of this process. */
  fenced(turn: HostTurn, place: StepPlace): StepPlace | undefined {
    const held = this.#held.get(turn.host.name)
    return held && fencedPlace(place, held.lease)
  }

  /** The hosts keep their leases, which end by themselves: whoever is lost does no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [...this.#held.keys()]) await this.#forget(host)
  }

  async #arm(turn: HostTurn, place: StepPlace): Promise<HeldLease> {
    const { ttlMs } = this.#hold
    const lease = await armLease(place, { id: this.#id.replace(/[^A-Za-z0-9_-]/g, '-'), ttlMs })
    // Durable before anything is put there: an undo in another process must not do at the same time what the host does by itself.
    await turn.work.log.commit({ is: 'lease', host: turn.host.name, directory: lease.directory })
    const { clock, connector, sudo } = turn.work
    const everyMs = ttlMs / 3
    const beat = async (signal: AbortSignal): Promise<void> => {
      const transport = await connector.connect(turn.host, { signal })
      await renewLease(stepPlace({ transport, clock, signal, timeoutMs: everyMs, ...(sudo && { sudo }) }), lease, ttlMs)
    }
    const held = { lease, heartbeat: new Heartbeat({ clock, everyMs, beat }), steps: 0 }
    this.#held.set(turn.host.name, held)
    return held
  }

  async #end(turn: HostTurn, place: StepPlace, lease: LeaseHandle): Promise<LeaseRelease> {
    const end = await releaseLease(place, lease, { waitMs: takingBackMs })
    await this.#forget(turn.host.name)
    turn.work.log.note({ is: 'lease', host: turn.host.name, directory: null })
    return end
  }

  async #forget(host: string): Promise<void> {
    const held = this.#held.get(host)
    this.#held.delete(host)
    await held?.heartbeat[Symbol.asyncDispose]()
  }
}
