import { isEmptiable, type PatternNode, type PatternTree } from '../../../core/pattern-tree.ts'
import { ByteMachine, GaveUp, type Go, type Step } from './byte-machine.ts'
import { runStep } from './byte-run.ts'
import { byteSet, doubtful, either, firstOfSet, lineEnds, onlyByte, type SetNode, widthOf, wordBytes } from './byte-set.ts'

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
    const step = new Compiler(machine).compile(root, { go: () => true })
    const isAnchored = root.kind === 'sequence' && root.items[0]?.kind === 'begin'
    return new CompiledPattern(machine, { ...step, isAnchored })
  } catch (error) {
    if (error instanceof Unknown) return undefined
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

class Unknown extends Error {}

const maxSteps = 5000
const maxCopies = 20

/** Makes functions of the parts of an expression, from its end to its beginning. */
class Compiler {
  readonly #machine: ByteMachine
  #made = 0

  constructor(machine: ByteMachine) {
    this.#machine = machine
  }

  compile(node: PatternNode, next: Step): Step {
    if (++this.#made > maxSteps) throw new Unknown()
    const machine = this.#machine
    switch (node.kind) {
      case 'set':
        return this.#set(node, next)
      case 'begin':
        return { go: at => at === machine.begin && next.go(at) }
      case 'end':
        return { first: lineEnds, go: at => at === machine.end && next.go(at) }
      case 'boundary':
        return this.#boundary(node.isNegated, next)
      case 'group':
        return this.#group(node, next)
      case 'sequence':
        return this.#sequence(node.items, next)
      case 'branches':
        return this.#branches(node.items, next)
      case 'repeat':
        return node.item.kind === 'set'
          ? runStep({ ...node, table: byteSet(node.item) }, { machine, next })
          : this.#repeated(node, next)
    }
  }

  #set(node: SetNode, { go }: Step): Step {
    const machine = this.#machine
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

  #boundary(isNegated: boolean, { go }: Step): Step {
    const machine = this.#machine
    return {
      go: at => {
        const { input, begin } = machine
        const before = at === begin ? 0 : wordBytes[input[at - 1] as number]
        return (before !== wordBytes[input[at] as number]) !== isNegated && go(at)
      },
    }
  }

  #group({ number, item }: { readonly number: number; readonly item: PatternNode }, next: Step): Step {
    const machine = this.#machine
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

  #sequence(items: readonly PatternNode[], next: Step): Step {
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
    const machine = this.#machine
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

  #branches(items: readonly PatternNode[], next: Step): Step {
    const machine = this.#machine
    const steps = items.map(item => this.compile(item, next))
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

  #repeated({ item, least, most, isLazy }: Extract<PatternNode, { kind: 'repeat' }>, next: Step): Step {
    if ((isEmptiable(item) && most > 1) || least > maxCopies || (Number.isFinite(most) && most > maxCopies)) throw new Unknown()
    let behind = next
    if (Number.isFinite(most))
      for (let count = least; count < most; count++) behind = this.#optional(item, { isLazy, behind, next })
    else behind = this.#loop(item, { isLazy, next })
    for (let count = 0; count < least; count++) behind = this.compile(item, behind)
    return behind
  }

  /** `item` and what is behind it, or what is behind all. */
  #optional(
    item: PatternNode,
    { isLazy, behind, next }: { readonly isLazy: boolean; readonly behind: Step; readonly next: Step },
  ): Step {
    const machine = this.#machine
    const inner = this.compile(item, behind)
    const [one, other] = isLazy ? [next, inner] : [inner, next]
    return {
      first: either([inner.first, next.first]),
      go: at => {
        machine.spend(1)
        return one.go(at) || other.go(at)
      },
    }
  }

  #loop(item: PatternNode, { isLazy, next }: { readonly isLazy: boolean; readonly next: Step }): Step {
    const machine = this.#machine
    let inner: Step = next
    const go: Go = at => {
      machine.spend(1)
      return isLazy ? next.go(at) || inner.go(at) : inner.go(at) || next.go(at)
    }
    inner = this.compile(item, { go })
    return { go, first: either([inner.first, next.first]) }
  }
}
