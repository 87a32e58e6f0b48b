import { beyondAscii, Chars, either, isInPair, isWord, kindAt } from './pattern-chars.ts'
import { type Go, Machine, type Step } from './pattern-machine.ts'
import { isEmptiable, type PatternNode, type PatternTree } from './pattern-tree.ts'

/**
 * A matcher that tries one way after the other, as most engines of regular expressions do, and counts its steps: a text that would take more
 * than a fixed number for each character is left to an engine that no text can slow down. It finds what RE2 finds: the first place that fits,
 * and there the branch that stands first.
 */
export interface BoundedPattern {
  /**
   * Where the whole and each group begin and end, -1 for those that took no part: good until the next call. `nothing` where nothing fits, and
   * `gave-up` where it would take too long to know.
   */
  find(text: string): Int32Array | 'nothing' | 'gave-up'
}

/** Undefined for what it does not know. */
export function boundedPattern({ root, groups }: PatternTree): BoundedPattern | undefined {
  const machine = new Machine(groups)
  try {
    const { go, first } = new Compiler(machine).compile(root, machine.end)
    const isAnchored = root.kind === 'sequence' && root.items[0]?.kind === 'begin'
    return { find: text => machine.find(text, { go, first, isAnchored }) }
  } catch (error) {
    if (error instanceof Unknown) return undefined
    throw error
  }
}

class Unknown extends Error {}

const maxSteps = 5000
const maxCopies = 20

/** Makes functions of the parts of an expression, from its end to its beginning. */
class Compiler {
  readonly #machine: Machine
  #made = 0

  constructor(machine: Machine) {
    this.#machine = machine
  }

  compile(node: PatternNode, next: Step): Step {
    if (++this.#made > maxSteps) throw new Unknown()
    switch (node.kind) {
      case 'set':
        return this.#set(new Chars(node), next)
      case 'begin':
        return { go: at => at === 0 && next.go(at) }
      case 'end':
        return { go: at => at === this.#machine.text.length && next.go(at) }
      case 'boundary':
        return this.#boundary(node.isNegated, next)
      case 'group':
        return this.#group(node, next)
      case 'sequence':
        return node.items.reduceRight((behind, item) => this.compile(item, behind), next)
      case 'branches':
        return this.#branches(node.items, next)
      case 'repeat':
        return node.item.kind === 'set'
          ? this.#repeatedSet({ ...node, chars: new Chars(node.item) }, next)
          : this.#repeated(node, next)
    }
  }

  #set(chars: Chars, { go }: Step): Step {
    const machine = this.#machine
    const { ascii } = chars
    return {
      first: ascii,
      go: at => {
        const { text } = machine
        const code = text.charCodeAt(at)
        if (code < beyondAscii) return ascii[code] === 1 && go(at + 1)
        const width = chars.width(text, at)
        return width > 0 && go(at + width)
      },
    }
  }

  #boundary(isNegated: boolean, { go }: Step): Step {
    const machine = this.#machine
    return {
      go: at => {
        const { text } = machine
        return (isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at))) !== isNegated && go(at)
      },
    }
  }

  #group({ number, item }: { readonly number: number; readonly item: PatternNode }, next: Step): Step {
    const { places, begun } = this.#machine
    const [from, to] = [2 * number, 2 * number + 1]
    const close: Go = at => {
      const [oldFrom, oldTo] = [places[from] ?? -1, places[to] ?? -1]
      places[from] = begun[number] ?? -1
      places[to] = at
      if (next.go(at)) return true
      places[from] = oldFrom
      places[to] = oldTo
      return false
    }
    const inner = this.compile(item, { go: close, first: next.first })
    const open: Go = at => {
      const old = begun[number] ?? -1
      begun[number] = at
      if (inner.go(at)) return true
      begun[number] = old
      return false
    }
    return { go: open, first: inner.first }
  }

  #branches(items: readonly PatternNode[], next: Step): Step {
    const machine = this.#machine
    const steps = items.map(item => this.compile(item, next))
    return {
      first: either(steps.map(({ first }) => first)),
      go: at => {
        const kind = kindAt(machine.text, at)
        for (const { go, first } of steps) {
          if (first !== undefined && first[kind] !== 1) continue
          machine.spend(1)
          if (go(at)) return true
        }
        return false
      },
    }
  }

  #repeatedSet({ chars, least, most, isLazy }: SetRepeat, next: Step): Step {
    const first = least > 0 ? chars.ascii : either([chars.ascii, next.first])
    return { first, go: isLazy ? this.#fewest({ chars, least, most }, next) : this.#most({ chars, least, most }, next) }
  }

  #most({ chars, least, most }: Bounds, { go, first }: Step): Go {
    const machine = this.#machine
    return at => {
      const { text } = machine
      let count = 0
      let end = at
      while (count < most) {
        const width = chars.width(text, end)
        if (width === 0) break
        end += width
        count++
      }
      machine.spend(count)
      for (; count >= least; count--) {
        if (first === undefined || first[kindAt(text, end)] === 1) {
          machine.spend(1)
          if (go(end)) return true
        }
        end -= isInPair(text, end - 1) ? 2 : 1
      }
      return false
    }
  }

  #fewest({ chars, least, most }: Bounds, { go, first }: Step): Go {
    const machine = this.#machine
    return at => {
      const { text } = machine
      let end = at
      for (let count = 0; ; count++) {
        if (count >= least && (first === undefined || first[kindAt(text, end)] === 1)) {
          machine.spend(1)
          if (go(end)) return true
        }
        const width = count < most ? chars.width(text, end) : 0
        if (width === 0) return false
        machine.spend(1)
        end += width
      }
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

interface Bounds {
  readonly chars: Chars
  readonly least: number
  readonly most: number
}

interface SetRepeat extends Bounds {
  readonly isLazy: boolean
}
