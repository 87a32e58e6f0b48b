import type { Clock } from '../core/clock.ts'

/** When something outside last said that it is alive: jobs, backups, other patrols. */
export interface Heartbeat {
  /** Milliseconds since 1970. */
  readonly at: number
  /** What the sender says of itself. */
  readonly message?: string
  /** The sender says that it failed: that counts at once. */
  readonly isFailure?: true
}

/** The last beat of each name, for the checks that wait for them. Only a patrol listens for beats: elsewhere nobody knows of any. */
export class Heartbeats {
  readonly #beats = new Map<string, Heartbeat>()
  readonly #awaited = new Map<string, number>()
  #await: ((name: string) => number) | undefined

  /** Somebody listens from now on. `awaited` is told each name that is first asked for, to remember it over restarts. */
  listen(clock: Clock, awaited: (name: string, since: number) => void = () => {}): void {
    this.#await = name => {
      const since = clock.now()
      this.#awaited.set(name, since)
      awaited(name, since)
      return since
    }
  }

  /** A beat of that name has been waited for since then, though none came. */
  awaits(name: string, since: number): void {
    this.#awaited.set(name, since)
  }

  /** Since when a beat of that name is waited for, milliseconds since 1970: from now on, where nobody did. Undefined where nobody listens. */
  awaitedSince(name: string): number | undefined {
    return this.#await && (this.#awaited.get(name) ?? this.#await(name))
  }

  beat(name: string, heartbeat: Heartbeat): void {
    this.#beats.set(name, heartbeat)
  }

  last(name: string): Heartbeat | undefined {
    return this.#beats.get(name)
  }
}

/** The beats of a run, by `Shared.of`. */
export const heartbeats = (): Heartbeats => new Heartbeats()
