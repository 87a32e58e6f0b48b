import { nearest } from '../core/nearest.ts'
import { nodeSetError } from './node-set/error.ts'
import { isGlob, matchesGlob } from './node-set/glob.ts'
import { type Operator, parseNodeSet, type Word } from './node-set/parse.ts'
import { countOf, numbersOf } from './node-set/ranges.ts'

export { foldNodeSet } from './node-set/fold.ts'

/** What a node set may refer to besides plain names. */
export interface NodeSetNames {
  /** Hosts of a group, without `@`; undefined when there is no such group. `*` is all hosts. */
  group(name: string): readonly string[] | undefined
  /** Names of all groups. */
  groups(): readonly string[]
  /** Known hosts that fit `web*`. Without it a pattern is an error. */
  hostsMatching?(glob: string): readonly string[]
  /** What a leading operator (`!web3`) applies to. Without it that is an error. */
  readonly base?: readonly string[]
  /** Most hosts a set may have, on the way too; 100,000 when absent. */
  readonly maxHosts?: number
}

/**
 * The hosts of a node set in ClusterShell's language, each once, in order of mention: `web[01-50,60]`, `n[0-100/5]`, `rack[1-4]node[1-16]`,
 * `@group`, `@*`, `web*`, and `,` `!` `&` `^` from left to right without precedence.
 * @throws OpsError E_NODE_SET with a caret under the wrong place
 */
export function expandNodeSet(text: string, names: NodeSetNames): string[] {
  const operands = parseNodeSet(text)
  let result = new Set<string>()
  for (const { operator, word, leading } of operands) {
    if (leading) result = new Set(baseOf({ text, word, names }))
    result = combine(result, operator, hostsOf({ text, word, names, operator }))
    checkCount({ text, word, names, count: result.size })
  }
  return [...result]
}

interface Place {
  readonly text: string
  readonly word: Word
  readonly names: NodeSetNames
}

function baseOf({ text, word, names }: Place): readonly string[] {
  if (names.base) return names.base
  const rest = text.slice(word.at, word.end)
  throw nodeSetError({
    text,
    at: 0,
    problem: `nothing before '${text.trimStart()[0]}'`,
    hint: `for all but ${rest} write @*!${rest}`,
  })
}

function combine(left: Set<string>, operator: Operator, right: readonly string[]): Set<string> {
  switch (operator) {
    case ',':
      for (const name of right) left.add(name)
      return left
    case '!':
      for (const name of right) left.delete(name)
      return left
    case '&':
      return left.intersection(new Set(right))
    case '^':
      return left.symmetricDifference(new Set(right))
  }
}

function hostsOf({ operator, ...place }: Place & { operator: Operator }): readonly string[] {
  const words = wordsOf(place)
  if (place.word.group) return words.flatMap(name => groupOf(name, place))
  if (!words.some(isGlob)) return words
  return words.flatMap(word => (isGlob(word) ? globOf(word, operator, place) : [word]))
}

/** Every combination of the ranges of a word, the last one turning fastest. */
function wordsOf(place: Place): string[] {
  const { parts } = place.word
  const count = parts.reduce((product, part) => product * (typeof part === 'string' ? 1 : countOf(part)), 1)
  checkCount({ ...place, count })
  let words = ['']
  for (const part of parts) {
    if (part === '') continue
    const pieces = typeof part === 'string' ? [part] : [...numbersOf(part)]
    words = words.flatMap(word => pieces.map(piece => word + piece))
  }
  return words
}

function checkCount({ text, word, names, count }: Place & { count: number }): void {
  const maxHosts = names.maxHosts ?? 100_000
  if (count <= maxHosts) return
  throw nodeSetError({ text, at: word.at, problem: `a set of ${count} hosts is larger than the ${maxHosts} that are allowed` })
}

function groupOf(name: string, { text, word, names }: Place): readonly string[] {
  const direct = names.group(name)
  if (direct) return direct
  const fitting = isGlob(name) ? names.groups().filter(group => matchesGlob(name, group)) : []
  if (fitting.length > 0) return fitting.flatMap(group => names.group(group) ?? [])
  const near = nearest(name, names.groups())
  throw nodeSetError({
    text,
    at: word.at,
    problem: `no group ${isGlob(name) ? 'fits' : 'is named'} '${name}'`,
    ...(near === undefined ? {} : { hint: `did you mean @${near}?` }),
  })
}

/** A pattern that adds nothing is an error, since a slip would leave hosts out silently; one that takes nothing away is not. */
function globOf(glob: string, operator: Operator, { text, word, names }: Place): readonly string[] {
  if (!names.hostsMatching)
    throw nodeSetError({ text, at: word.at, problem: `'${glob}' is a pattern, and only names can stand here` })
  const hosts = names.hostsMatching(glob)
  if (hosts.length > 0 || operator === '!' || operator === '&') return hosts
  throw nodeSetError({ text, at: word.at, problem: `no known host fits '${glob}'`, hint: 'opsctl hosts lists the known ones' })
}
