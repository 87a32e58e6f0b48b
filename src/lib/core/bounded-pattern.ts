import { beyondAscii, Chars, isInPair, isWord, kindAt } from './pattern-chars.ts'
import { either, type Go, PatternCompiler, type SetRun, type Step, UnknownPattern } from './pattern-compiler.ts'
import { Machine } from './pattern-machine.ts'
import type { PatternNode, PatternTree } from './pattern-tree.ts'

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
    const { go, first } = new TextCompiler(machine).compile(root, machine.end)
    const isAnchored = root.kind === 'sequence' && root.items[0]?.kind === 'begin'
    return { find: text => machine.find(text, { go, first, isAnchored }) }
  } catch (error) {
    if (error instanceof UnknownPattern) return undefined
    throw error
  }
}

type NodeOf<K extends PatternNode['kind']> = Extract<PatternNode, { kind: K }>

class TextCompiler extends PatternCompiler<Machine> {
  protected set(node: NodeOf<'set'>, { go }: Step): Step {
    const { machine } = this
    const chars = new Chars(node)
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

  protected begin({ go }: Step): Step {
    return { go: at => at === 0 && go(at) }
  }

  protected end({ go }: Step): Step {
    const { machine } = this
    return { go: at => at === machine.text.length && go(at) }
  }

  protected boundary(isNegated: boolean, { go }: Step): Step {
    const { machine } = this
    return {
      go: at => {
        const { text } = machine
        return (isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at))) !== isNegated && go(at)
      },
    }
  }

  protected group({ number, item }: NodeOf<'group'>, next: Step): Step {
    const { places, begun } = this.machine
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

  protected branches(steps: readonly Step[]): Step {
    const { machine } = this
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

  protected run({ item, least, most, isLazy }: SetRun, next: Step): Step {
    const chars = new Chars(item)
    const first = least > 0 ? chars.ascii : either([chars.ascii, next.first])
    return { first, go: isLazy ? this.#fewest({ chars, least, most }, next) : this.#most({ chars, least, most }, next) }
  }

  #most({ chars, least, most }: Bounds, { go, first }: Step): Go {
    const { machine } = this
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
    const { machine } = this
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
}

interface Bounds {
  readonly chars: Chars
  readonly least: number
  readonly most: number
}
