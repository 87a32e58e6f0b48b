import type { Watch, WatchedCheck } from '../watch.ts'

/** Where a probe is in its life; one that nobody knows is unregistered. */
export type ProbeState = 'loaded' | 'active' | 'disabled' | 'unloaded'

/** A probe as the registry tells it. */
export interface RegisteredProbe {
  readonly name: string
  /** Absent of one that can not be read. */
  readonly type?: string
  /** Of its definition: changes with it. */
  readonly version?: string
  readonly capabilities?: { readonly dimensions: readonly string[]; readonly places: number; readonly from: 'here' | 'host' }
  readonly state: ProbeState
  readonly source: string
  /** Why it is not loaded, though it is registered. */
  readonly problem?: string
}

/** Loaded until it was looked at for the first time. */
export function registeredProbe(check: WatchedCheck, places: readonly Watch[]): RegisteredProbe {
  const { name, type, version, sampling, hosts, source, isOn, origin } = check
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

/** Probes that were unloaded are remembered, so many of them. */
const remembered = 100

/** Probes that were watched, and no longer are. */
export class UnloadedProbes {
  readonly #probes = new Map<string, RegisteredProbe>()

  get all(): readonly RegisteredProbe[] {
    return [...this.#probes.values()]
  }

  get(name: string): RegisteredProbe | undefined {
    return this.#probes.get(name)
  }

  add(probe: RegisteredProbe): void {
    this.#probes.delete(probe.name)
    this.#probes.set(probe.name, { ...probe, state: 'unloaded' })
    for (const name of [...this.#probes.keys()].slice(0, -remembered)) this.#probes.delete(name)
  }

  /** It is watched again. */
  delete(name: string): void {
    this.#probes.delete(name)
  }
}
