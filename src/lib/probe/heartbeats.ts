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
  /** Since when somebody listens. */
  #since: number | undefined

  listen(clock: Clock): void {
    this.#since = clock.now()
  }

  get since(): number | undefined {
    return this.#since
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
