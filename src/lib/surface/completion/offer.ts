import type { CommandEntry, FlagEntry, Program } from '../../core/command.ts'
import { topicWords } from '../explain/topics.ts'
import { attached, flagOf, takesValue } from '../flag.ts'
import { type Spoken, spoken } from './spoken.ts'

/** A whole word that may stand in place of the one that is typed. */
export interface Candidate {
  readonly word: string
  readonly does?: string
}

/**
 * What a shell may put in place of the last word. `prefix` is the part of it that stays: the node set before the last operator,
 * the `--flag=` before a value.
 */
export type Offer =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'files' | 'directories'; readonly prefix: string }
  | {
      readonly kind: 'hosts'
      readonly prefix: string
      readonly partial: string
      readonly groupsOnly: boolean
      readonly spoken: Spoken
    }

/** Answers for the words behind `opsctl`, the last of which is being typed. Knows the registry alone; never fails. */
export function offer(program: Program, words: readonly string[]): Offer {
  const current = words.at(-1) ?? ''
  const before = spoken(program, words.slice(0, -1))
  const flags = [...program.globals, ...(before.command?.flags ?? [])]
  if (before.wrong) return nothing
  if (before.pending) return ofValue(before.pending, { prefix: '', partial: current }, { program, spoken: before })
  if (current.startsWith('-') && current !== '-' && !before.literal) {
    const open = openValue(current, flags)
    if (open) return ofValue(open.flag, open, { program, spoken: before })
  }
  if (current.startsWith('-') && !before.literal) return matching(current, flagCandidates(current, flags, before))
  if (before.command === undefined) return matching(current, commandCandidates(program, before.path))
  const verbs = before.literal ? [] : commandCandidates(program, [...before.path, ...before.args])
  const fitting = matching(current, verbs)
  if (fitting.kind === 'words' && fitting.candidates.length > 0) return fitting
  const { args } = before.command
  const arg = args[before.args.length] ?? (args.at(-1)?.kind === 'list' ? args.at(-1) : undefined)
  return arg ? ofValue(arg, { prefix: '', partial: current }, { program, spoken: before }) : nothing
}

const nothing: Offer = { kind: 'words', candidates: [] }

interface OpenValue {
  readonly prefix: string
  readonly partial: string
}

/** The flag of `--output=js` and `-ojs`, whose value is being typed. */
function openValue(current: string, flags: readonly FlagEntry[]): (OpenValue & { readonly flag: FlagEntry }) | undefined {
  if (current.startsWith('--')) {
    const at = current.indexOf('=')
    const flag = at === -1 ? undefined : flagOf(current, flags)
    if (flag === undefined || !takesValue(flag)) return undefined
    return { flag, prefix: current.slice(0, at + 1), partial: current.slice(at + 1) }
  }
  const found = attached(current, flags)
  if (found === undefined || found.value === '') return undefined
  return { flag: found.flag, prefix: current.slice(0, -found.value.length), partial: found.value }
}

interface Surroundings {
  readonly program: Program
  readonly spoken: Spoken
}

function ofValue(flag: FlagEntry, { prefix, partial }: OpenValue, { program, spoken }: Surroundings): Offer {
  const words = (candidates: readonly Candidate[]): Offer =>
    matching(
      prefix + partial,
      candidates.map(({ word, ...more }) => ({ word: prefix + word, ...more })),
    )
  if (flag.choices) return words(flag.choices.map(word => ({ word })))
  switch (flag.completes) {
    case 'files':
    case 'directories':
      return { kind: flag.completes, prefix }
    case 'targets':
    case 'groups':
      return ofSet({ prefix, partial, groupsOnly: flag.completes === 'groups', spoken })
    case 'formats':
      if (partial.includes('=')) return { kind: 'files', prefix: prefix + partial.slice(0, partial.indexOf('=') + 1) }
      return words(
        program.components.filter(({ kind }) => kind === 'renderer').map(({ type, summary }) => ({ word: type, does: summary })),
      )
    case 'commands':
      return words(commandCandidates(program, spoken.args))
    case 'explainables':
      return words(topicWords(program, spoken.args))
    default:
      return nothing
  }
}

/** Everything up to the last operator of a node set, and the user of `user@`, stays as it is. */
function ofSet({ prefix, partial, ...more }: OpenValue & { readonly groupsOnly: boolean; readonly spoken: Spoken }): Offer {
  const [, head = '', tail = ''] = /^(.*[,!&^]|)([^,!&^]*)$/s.exec(partial) ?? []
  // In the middle of web[01-… nothing can be known.
  if (head.lastIndexOf('[') > head.lastIndexOf(']') || tail.includes('[')) return nothing
  const user = tail.lastIndexOf('@') + 1
  const kept = user > 1 ? tail.slice(0, user) : ''
  return { kind: 'hosts', prefix: prefix + head + kept, partial: tail.slice(kept.length), ...more }
}

/** The words that may follow these: commands or their verbs. */
function commandCandidates(program: Program, path: readonly string[]): Candidate[] {
  const following = program.commands.filter(
    ({ path: words }) => words.length > path.length && path.every((word, at) => words[at] === word),
  )
  const byWord = Map.groupBy(following, ({ path: words }) => words[path.length] ?? '')
  return [...byWord].map(([word, entries]) => ({ word, does: meaning(entries, path.length + 1) }))
}

function meaning(entries: readonly CommandEntry[], depth: number): string {
  const [only] = entries
  return entries.length === 1 && only ? only.summary : entries.map(({ path }) => path.slice(depth).join(' ')).join(', ')
}

/** Long flags; a switch that is on has its `--no-` form. What was given once and takes one value is not offered again. */
function flagCandidates(current: string, flags: readonly FlagEntry[], { given }: Spoken): Candidate[] {
  const open = flags.filter(flag => flag.kind === 'list' || flag.kind === 'count' || !given.has(flag.key))
  const own = open.map(flag => ({
    word: flag.kind === 'boolean' && flag.default === 'true' ? `--no-${flag.long}` : `--${flag.long}`,
    does: flag.description,
  }))
  if (!current.startsWith('--no')) return [...own, { word: '--help', does: 'tell about the command' }]
  return [
    ...own,
    ...open
      .filter(flag => flag.kind === 'boolean' && flag.default !== 'true')
      .map(flag => ({ word: `--no-${flag.long}`, does: `not: ${flag.description}` })),
  ]
}

const matching = (typed: string, candidates: readonly Candidate[]): Offer => ({
  kind: 'words',
  candidates: candidates.filter(({ word }) => word.startsWith(typed)),
})
