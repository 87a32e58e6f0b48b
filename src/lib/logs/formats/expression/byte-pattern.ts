import {
  either,
  GaveUp,
  type Go,
  PatternCompiler,
  type SetRun,
  type Step,
  UnknownPattern,
} from '../../../core/pattern-compiler.ts'
import type { PatternNode, PatternTree } from '../../../core/pattern-tree.ts'
import { ByteMachine } from './byte-machine.ts'
import { runStep } from './byte-run.ts'
import { byteSet, doubtful, firstOfSet, lineEnds, onlyByte, type SetNode, widthOf, wordBytes } from './byte-set.ts'

/**
 * A regular expression over bytes, for a quick path: what core/bounded-pattern.ts is over texts, which it agrees with wherever it finds something.
 * A test holds both to the same.
 */
export interface BytePattern {
  /** Whether the line from `begin` to `end` fits, which is valid UTF-8 and ends in a newline or in both. False says nothing: it may not know. */
  find(input: Uint8Array, begin: number, end: number): boolean
  /** Where the groups begin and end, by their number; -1 for those that took no part. Good until the next call. */
  readonly places: Int32Array
}

/** Undefined for what it does not know. */
export function bytePattern({ root, groups }: PatternTree): BytePattern | undefined {
  const machine = new ByteMachine(groups)
  try {
    const step = new ByteCompiler(machine).compile(root, { go: () => true })
    const isAnchored = root.kind === 'sequence' && root.items[0]?.kind === 'begin'
    return new CompiledPattern(machine, { ...step, isAnchored })
  } catch (error) {
    if (error instanceof UnknownPattern) return undefined
    throw error
  }
}

class CompiledPattern implements BytePattern {
  readonly places: Int32Array
  readonly #machine: ByteMachine
  readonly #step: Step & { readonly isAnchored: boolean }

  constructor(machine: ByteMachine, step: Step & { readonly isAnchored: boolean }) {
    this.places = machine.places
    this.#machine = machine
    this.#step = step
  }

  find(input: Uint8Array, begin: number, end: number): boolean {
    const machine = this.#machine
    machine.input = input
    machine.begin = begin
    machine.end = end
    try {
      return machine.find(this.#step)
    } catch (error) {
      // Deep repetitions of groups are deep calls.
      if (error instanceof GaveUp || error instanceof RangeError) return false
      throw error
    }
  }
}

class ByteCompiler extends PatternCompiler<ByteMachine> {
  protected set(node: SetNode, { go }: Step): Step {
    const { machine } = this
    const table = byteSet(node)
    return {
      first: firstOfSet(table),
      go: at => {
        const byte = machine.input[at] as number
        const kind = table[byte]
        if (kind === doubtful) machine.isInDoubt = true
        return kind === 1 && at < machine.end && go(at + widthOf(byte))
      },
    }
  }

  protected begin({ go }: Step): Step {
    const { machine } = this
    return { go: at => at === machine.begin && go(at) }
  }

  protected end({ go }: Step): Step {
    const { machine } = this
    return { first: lineEnds, go: at => at === machine.end && go(at) }
  }

  protected boundary(isNegated: boolean, { go }: Step): Step {
    const { machine } = this
    return {
      go: at => {
        const { input, begin } = machine
        const before = at === begin ? 0 : wordBytes[input[at - 1] as number]
        return (before !== wordBytes[input[at] as number]) !== isNegated && go(at)
      },
    }
  }

  protected group({ number, item }: Extract<PatternNode, { kind: 'group' }>, next: Step): Step {
    const { machine } = this
    const only = item.kind === 'sequence' && item.items.length === 1 ? item.items[0] : undefined
    // Most groups are of one repetition: a call less for each of its ends.
    if (only?.kind === 'repeat' && only.item.kind === 'set') {
      return runStep({ ...only, table: byteSet(only.item), group: number }, { machine, next })
    }
    const { places } = machine
    const [from, to] = [2 * number, 2 * number + 1]
    const close: Go = at => {
      const old = places[to] as number
      places[to] = at
      if (next.go(at)) return true
      places[to] = old
      return false
    }
    const inner = this.compile(item, { go: close, first: next.first })
    const open: Go = at => {
      const old = places[from] as number
      places[from] = at
      if (inner.go(at)) return true
      places[from] = old
      return false
    }
    return { go: open, first: inner.first }
  }

  protected override sequence(items: readonly PatternNode[], next: Step): Step {
    let step = next
    let text: number[] = []
    for (const item of items.toReversed()) {
      const byte = item.kind === 'set' ? onlyByte(item) : undefined
      if (byte !== undefined) {
        text = [byte, ...text]
        continue
      }
      step = this.compile(item, this.#literal(text, step))
      text = []
    }
    return this.#literal(text, step)
  }

  #literal(text: readonly number[], next: Step): Step {
    const [only] = text
    if (only === undefined) return next
    const { machine } = this
    const { go } = next
    const { length } = text
    const first = new Uint8Array(256)
    first[only] = 1
    if (length === 1) return { first, go: at => machine.input[at] === only && at < machine.end && go(at + 1) }
    const bytes = Uint8Array.from(text)
    return {
      first,
      go: at => {
        const { input, end } = machine
        if (at + length > end) return false
        for (let k = 0; k < length; k++) if (input[at + k] !== bytes[k]) return false
        return go(at + length)
      },
    }
  }

  protected run({ item, ...run }: SetRun, next: Step): Step {
    return runStep({ ...run, table: byteSet(item) }, { machine: this.machine, next })
  }

  protected branches(steps: readonly Step[]): Step {
    const { machine } = this
    return {
      first: either(steps.map(({ first }) => first)),
      go: at => {
        const byte = machine.input[at] as number
        for (let k = 0; k < steps.length; k++) {
          const { go, first } = steps[k] as Step
          if (first !== undefined && first[byte] !== 1) continue
          machine.spend(1)
          if (go(at)) return true
        }
        return false
      },
    }
  }
}
