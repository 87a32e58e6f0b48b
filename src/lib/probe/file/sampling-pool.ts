import type { Sampling } from '../../core/check.ts'

/** What an entry says of how its check is sampled. */
export type WrittenSampling = Partial<Pick<Sampling, 'intervalMs' | 'retries' | 'failures' | 'of'>>

/** How the checks of a file are sampled: those that are sampled alike share one. */
export class SamplingPool {
  readonly #known = new Map<readonly Sampling[], Map<string, readonly Sampling[]>>()

  /** What a check wants by itself, but for what is written. */
  of(wanted: readonly Sampling[], written: WrittenSampling): readonly Sampling[] {
    const known = this.#known.get(wanted) ?? new Map<string, readonly Sampling[]>()
    this.#known.set(wanted, known)
    const key = JSON.stringify(written)
    const sampling =
      known.get(key) ?? wanted.map(each => ({ ...each, ...written, of: written.of ?? written.failures ?? each.of }))
    known.set(key, sampling)
    return sampling
  }
}
