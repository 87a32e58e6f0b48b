import type { RawInput } from '../config/layers.ts'
import type { CommandEntry, FlagEntry, Program } from '../core/command.ts'
import { takesValue } from '../surface/flag.ts'

/**
 * What `parseArguments` makes of argv where that is beyond doubt: flags by their whole names, each value a word of its own. Undefined for
 * everything else, mistakes above all, which the parser tells. Loading that costs as much as a quarter of a start.
 */
export function plainArguments(entry: CommandEntry, { globals }: Program, argv: readonly string[]): RawInput | undefined {
  const reading = new Reading([...entry.flags, ...globals])
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--') {
      reading.operands.push(...argv.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      if (entry.passThrough) {
        // The parser may find a `--` further on.
        if (argv.includes('--', at)) return undefined
        reading.operands.push(...argv.slice(at))
        break
      }
      reading.operands.push(word)
    } else {
      const taken = reading.flag(word, argv[at + 1])
      if (taken === 'unsure') return undefined
      if (taken === 'value') at++
    }
  }
  return reading.withArguments(entry.args)
}

class Reading {
  readonly operands: string[] = []
  readonly #flags: readonly FlagEntry[]
  readonly #raw: Record<string, string | boolean | number | readonly string[]> = {}

  constructor(flags: readonly FlagEntry[]) {
    this.#flags = flags
  }

  /** Whether the next word is the value of this flag. */
  flag(word: string, next: string | undefined): 'value' | 'alone' | 'unsure' {
    const negated = word.startsWith('--no-') ? word.slice('--no-'.length) : undefined
    for (const flag of this.#flags) {
      if (flag.kind === 'boolean' && flag.long === negated) {
        this.#raw[flag.key] = false
        return 'alone'
      }
      if (word === `--${flag.long}` || (flag.short !== undefined && word === `-${flag.short}`)) return this.#take(flag, next)
    }
    return 'unsure'
  }

  /** Undefined where arguments are missing or too many. */
  withArguments(args: readonly FlagEntry[]): RawInput | undefined {
    const left = [...this.operands]
    for (const arg of args) {
      if (left.length === 0 && arg.required) return undefined
      // None of a list is the list of none.
      if (arg.kind === 'list') this.#raw[arg.key] = left.splice(0)
      else if (left.length > 0) this.#raw[arg.key] = left.shift() ?? ''
    }
    return left.length === 0 ? this.#raw : undefined
  }

  #take(flag: FlagEntry, next: string | undefined): 'value' | 'alone' | 'unsure' {
    const before = this.#raw[flag.key]
    if (!takesValue(flag)) {
      this.#raw[flag.key] = flag.kind === 'count' ? Number(before ?? 0) + 1 : true
      return 'alone'
    }
    if (next === undefined || next.startsWith('-')) return 'unsure'
    this.#raw[flag.key] = flag.kind === 'list' ? [...(Array.isArray(before) ? before : []), next] : next
    return 'value'
  }
}
