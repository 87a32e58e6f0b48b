import type { Family } from './family.ts'
import { LineBytes } from './line-bytes.ts'

interface ColumnFacts extends Pick<Family, 'name' | 'help'> {
  readonly type?: 'gauge' | 'counter'
}

/** A metric of checks: a line of each that has it. */
export class Column {
  readonly #facts: ColumnFacts
  readonly lines: LineBytes

  constructor(facts: ColumnFacts) {
    this.#facts = facts
    this.lines = new LineBytes(facts.type === 'counter' ? `${facts.name}_total` : facts.name)
  }

  /** Good until a line is added. */
  get family(): Family {
    return { type: 'gauge', ...this.#facts, samples: [], written: this.lines.bytes }
  }
}
