import type { DeadRecord, RecordsOrigin, Shaped, Shaper } from '../pipeline/stages.ts'
import { Records } from '../records.ts'
import { Draft } from './draft.ts'
import { KeptLines } from './kept-lines.ts'
import type { DraftPlace, Step } from './step.ts'

/** Takes records through steps, one record after the other. Those that no step changes stay byte by byte as they came. */
export class StepShaper implements Shaper {
  readonly #steps: readonly Step[]

  constructor(steps: readonly Step[]) {
    this.#steps = steps
  }

  shape(records: Records, origin: RecordsOrigin): Shaped {
    const kept = new KeptLines(records.lines)
    const draft = new Draft()
    const dead: DeadRecord[] = []
    let filtered = 0
    let number = 0
    for (const { from, to, line } of kept.lines()) {
      draft.begin(line)
      const fate = this.#fateOf(draft, { origin, number: number++ })
      if (fate === 'kept') {
        kept.keep(from, { to, changed: draft.wasChanged ? draft.text : undefined })
        continue
      }
      kept.leaveOut(from, to)
      if (fate === 'filtered') filtered++
      else dead.push(fate)
    }
    return { records: kept.isWhole ? records : Records.ofLines(kept.bytes(), kept.count), filtered, dead }
  }

  #fateOf(draft: Draft, place: DraftPlace): 'kept' | 'filtered' | DeadRecord {
    for (const [index, step] of this.#steps.entries()) {
      const ended = step.apply(draft, place)
      if (ended === undefined) continue
      const { stage, reason } = ended
      if (reason === undefined) return 'filtered'
      for (const later of this.#steps.slice(index + 1)) if (!later.decides) later.apply(draft, place)
      return { stage, reason, record: draft.text }
    }
    return 'kept'
  }
}
