/** One answer of a probe. Times are of the monotonic clock, milliseconds. */
export interface Sample {
  readonly startMs: number
  readonly endMs: number
  /** `lost`: it could not be asked, so nobody knows. */
  readonly outcome: 'ok' | 'failed' | 'lost'
  readonly message?: string
}

/** The moments between which a series is judged. */
export interface Moments {
  /** When the first fault began. */
  readonly injectedMs: number
  /** When the last one had ended; absent while they are in place. */
  readonly healedMs?: number
  readonly nowMs: number
}

/** What a probe has seen, in the order in which it asked. */
export class Series {
  readonly name: string
  readonly everyMs: number
  readonly #samples: Sample[] = []

  constructor({ name, everyMs }: { readonly name: string; readonly everyMs: number }) {
    this.name = name
    this.everyMs = everyMs
  }

  /** Samples come as they end; what began later may end earlier. */
  add(sample: Sample): void {
    let at = this.#samples.length
    while (at > 0 && (this.#samples[at - 1]?.startMs ?? 0) > sample.startMs) at--
    this.#samples.splice(at, 0, sample)
  }

  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** Those that began while the faults were in place and have an answer. */
  during({ injectedMs, healedMs, nowMs }: Moments): readonly Sample[] {
    const end = healedMs ?? nowMs
    return this.#samples.filter(({ startMs, outcome }) => outcome !== 'lost' && startMs >= injectedMs && startMs < end)
  }

  /** Answers that should be there, and that are not: asked too late, not at all, or lost. */
  missing(moments: Moments): { readonly asked: number; readonly missing: number } {
    const { injectedMs, healedMs, nowMs } = moments
    const asked = Math.floor(((healedMs ?? nowMs) - injectedMs) / this.everyMs)
    return { asked, missing: Math.max(0, asked - this.during(moments).length) }
  }
}
