import type { CommandEntry, FlagEntry, Program } from '../../core/command.ts'
import { attached, flagBefore, flagOf, takesValue } from '../flag.ts'
import { verbOf } from '../verb.ts'

/** What the words before the cursor have said so far. */
export interface Spoken {
  /** Words of the command, also of one that is not complete. */
  readonly path: readonly string[]
  readonly command?: CommandEntry
  /** Positional arguments. */
  readonly args: readonly string[]
  /** Keys of flags that were given, with their values. */
  readonly given: ReadonlyMap<string, readonly string[]>
  /** The flag whose value comes next. */
  readonly pending?: FlagEntry
  /** True behind `--` and behind the first argument of a command that takes all the rest. */
  readonly literal: boolean
  /** True when a word is no command: nothing can be known. */
  readonly wrong: boolean
}

/** Understands words as the parser will, but forgives everything. */
export function spoken(program: Program, words: readonly string[]): Spoken {
  const path: string[] = []
  const args: string[] = []
  const given = new Map<string, string[]>()
  let command: CommandEntry | undefined
  let pending: FlagEntry | undefined
  let literal = false
  let wrong = false
  const note = (flag: FlagEntry, value?: string): void => {
    given.set(flag.key, [...(given.get(flag.key) ?? []), ...(value === undefined ? [] : [value])])
  }
  for (const word of words) {
    const flags = [...program.globals, ...(command?.flags ?? [])]
    if (pending) {
      note(pending, word)
      pending = undefined
    } else if (!literal && word === '--') literal = true
    else if (!literal && word.startsWith('-') && word !== '-') {
      pending = flagBefore(word, flags)
      if (!pending) for (const [flag, value] of flagsIn(word, flags)) note(flag, value)
    } else if (command === undefined) {
      if (word === 'help' && path.length === 0) continue
      path.push(word)
      const starting = program.commands.filter(entry => path.every((part, at) => entry.path[at] === part))
      command = starting.find(entry => entry.path.length === path.length)
      wrong ||= starting.length === 0
    } else {
      const verb = literal ? undefined : verbOf(program, command, [...args, word])
      if (verb) {
        path.push(...args.splice(0), word)
        command = verb
        continue
      }
      args.push(word)
      literal ||= command.passThrough === true
    }
  }
  return { path, args, given, literal, wrong, ...(command && { command }), ...(pending && { pending }) }
}

/** The flags of `--no-input`, `--output=json`, `-qojson`. */
function flagsIn(word: string, flags: readonly FlagEntry[]): [FlagEntry, string?][] {
  if (word.startsWith('--')) {
    const flag = flagOf(word, flags)
    if (!flag) return []
    return takesValue(flag) ? [[flag, word.slice(word.indexOf('=') + 1)]] : [[flag]]
  }
  const value = attached(word, flags)
  const letters = value ? word.slice(1, word.length - value.value.length - 1) : word.slice(1)
  const switches = flags.filter(flag => flag.short !== undefined && letters.includes(flag.short))
  return [...switches.map((flag): [FlagEntry] => [flag]), ...(value ? [[value.flag, value.value] as [FlagEntry, string]] : [])]
}
