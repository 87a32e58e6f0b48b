import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Records } from '../records.ts'
import type { TapOrigin, TapOutlet } from './tap-outlet.ts'
import type { TapStage } from './tap-stage.ts'

/** Those who look at what passes through a pipeline. Who offers asks first whether somebody does. */
export class Taps {
  readonly #outlets = new Set<TapOutlet>()
  /** Somebody looks: else nothing is to be shown. */
  isWatched = false

  get count(): number {
    return this.#outlets.size
  }

  add(outlet: TapOutlet): void {
    this.#outlets.add(outlet)
    this.isWatched = true
  }

  remove(outlet: TapOutlet): void {
    this.#outlets.delete(outlet)
    this.isWatched = this.#outlets.size > 0
  }

  /** Records at a stage. */
  show(stage: TapStage, records: Records, origin: TapOrigin): void {
    if (records.count === 0) return
    for (const outlet of this.#outlets)
      if (outlet.stage === stage && outlet.wants(origin.source)) outlet.offer(records.lines, origin)
  }

  /** Lines as they were read. */
  showLines(lines: Uint8Array, origin: TapOrigin): void {
    for (const outlet of this.#outlets) if (outlet.stage === 'read' && outlet.wants(origin.source)) outlet.offer(lines, origin)
  }

  /** The pipeline is another from now on: who looks at what it does not have any more is told. */
  changed(pipeline: Pick<Pipeline, 'sources' | 'sinks'>): void {
    const problem = 'the pipeline was read anew, and does not have any more what is looked at'
    for (const outlet of this.#outlets) if (!outlet.isIn(pipeline)) outlet.end({ kind: 'refused', problem })
  }

  /** Tells everybody that nothing more comes. */
  end(): void {
    for (const outlet of this.#outlets) outlet.end()
  }
}
