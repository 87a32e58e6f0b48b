import { nearest } from '../../core/nearest.ts'
import { type SshConfigLine, type SshConfigPlace, sshConfigError, takeWord } from '../../core/ssh-config-syntax.ts'
import type { FileOwner, SshConfigFile, SshConfigNode } from '../../core/ssh-config-tree.ts'
import { isPlainName } from '../../core/ssh-pattern.ts'
import type { Keyword, ValueKind } from './keywords.ts'
import { type Token, unknownToken } from './tokens.ts'
import { readValues } from './values.ts'

/** A file made ready for resolving: every line that can be judged without a host has been judged. */
export interface ConfigFile {
  readonly path: string
  readonly owner?: FileOwner
  readonly blocks: readonly Block[]
  /** Blocks of Host lines with nothing but plain names, by name: most blocks of a large file concern one host and need not be tried for others. */
  readonly named: ReadonlyMap<string, readonly Block[]>
  /** All other blocks. */
  readonly unnamed: readonly Block[]
}

/** The lines that apply under one condition. */
export interface Block {
  /** Position in the file. */
  readonly index: number
  readonly condition: Condition
  readonly items: readonly BlockItem[]
  /** Lines with unknown keywords count even where the block does not apply. */
  readonly hasUnknown: boolean
}

export type Condition =
  /** The start of a file: applies where the file does. */
  | { readonly type: 'always' }
  | { readonly type: 'host'; readonly patterns: readonly { readonly pattern: string; readonly negated: boolean }[] }
  | { readonly type: 'match'; readonly criteria: readonly Criterion[]; readonly place: SshConfigPlace }

export interface Criterion {
  readonly name: CriterionName
  readonly negated: boolean
  /** Pattern list or command; empty where the criterion takes none. */
  readonly argument: string
}

const criteria = ['all', 'canonical', 'final', 'host', 'originalhost', 'user', 'localuser', 'exec'] as const
export type CriterionName = (typeof criteria)[number]
const newerCriteria = ['tagged', 'localnetwork', 'version', 'sessiontype', 'command']

export type BlockItem =
  | { readonly type: 'setting'; readonly setting: Setting }
  | { readonly type: 'include'; readonly files: readonly ConfigFile[] }
  | { readonly type: 'unknown'; readonly line: SshConfigLine }

/** One line that sets something. */
export interface Setting {
  readonly name: string
  readonly kind: ValueKind['type']
  readonly values: readonly SettingValue[]
}

export interface SettingValue {
  readonly value: string
  readonly place: SshConfigPlace
}

/**
 * A loaded file as blocks.
 * @throws OpsError E_SSH_CONFIG for bad values and Match criteria
 */
export function compileFile(file: SshConfigFile, keywords: ReadonlyMap<string, Keyword>): ConfigFile {
  const blocks: { condition: Condition; items: BlockItem[] }[] = [{ condition: { type: 'always' }, items: [] }]
  for (const node of file.lines) {
    const condition = compileCondition(node.line)
    if (condition) blocks.push({ condition, items: [] })
    else blocks.at(-1)?.items.push(compileItem(node, keywords))
  }
  const finished = blocks.map((block, index) => ({ ...block, index, hasUnknown: block.items.some(isUnknown) }))
  return { path: file.path, ...(file.owner ? { owner: file.owner } : {}), blocks: finished, ...byName(finished) }
}

/** Blocks of a file that may concern a host, in order. */
export function blocksFor(file: ConfigFile, host: string): readonly Block[] {
  const named = file.named.get(host)
  return named ? [...file.unnamed, ...named].sort((a, b) => a.index - b.index) : file.unnamed
}

/** One line that sets something, or undefined when its keyword is unknown. */
export function compileSetting(line: SshConfigLine, keywords: ReadonlyMap<string, Keyword>): Setting | undefined {
  const keyword = keywords.get(line.keyword)
  if (!keyword) return undefined
  const place = { file: line.file, line: line.line }
  return { name: keyword.name, kind: keyword.kind.type, values: readValues(line, keyword).map(value => ({ value, place })) }
}

function byName(blocks: readonly Block[]): Pick<ConfigFile, 'named' | 'unnamed'> {
  const named = new Map<string, Block[]>()
  const unnamed: Block[] = []
  for (const block of blocks) {
    const names = block.hasUnknown ? undefined : plainNames(block.condition)
    if (!names) unnamed.push(block)
    for (const name of names ?? []) named.set(name, [...(named.get(name) ?? []), block])
  }
  return { named, unnamed }
}

/** The names of a condition that is nothing but a list of them. */
function plainNames(condition: Condition): ReadonlySet<string> | undefined {
  if (condition.type !== 'host') return undefined
  const isPlain = condition.patterns.every(({ pattern, negated }) => !negated && isPlainName(pattern))
  return isPlain ? new Set(condition.patterns.map(({ pattern }) => pattern)) : undefined
}

const isUnknown = (item: BlockItem): boolean =>
  item.type === 'unknown' || (item.type === 'include' && item.files.some(file => file.blocks.some(block => block.hasUnknown)))

function compileItem(node: SshConfigNode, keywords: ReadonlyMap<string, Keyword>): BlockItem {
  const { line, included } = node
  if (included) return { type: 'include', files: included.map(file => compileFile(file, keywords)) }
  const setting = compileSetting(line, keywords)
  return setting ? { type: 'setting', setting } : { type: 'unknown', line }
}

function compileCondition(line: SshConfigLine): Condition | undefined {
  if (line.keyword === 'match') {
    return { type: 'match', criteria: readCriteria(line), place: { file: line.file, line: line.line } }
  }
  if (line.keyword !== 'host') return undefined
  if (line.args.includes('')) throw sshConfigError(line, "'Host' has an empty argument")
  const patterns = line.args.map(word => {
    const negated = word.startsWith('!')
    return { pattern: negated ? word.slice(1) : word, negated }
  })
  return { type: 'host', patterns }
}

/** Match lines have a grammar of their own: words end at white space, double quotes or `=`; see match_cfg_line() of OpenSSH's readconf.c. */
function readCriteria(line: SshConfigLine): Criterion[] {
  const found: Criterion[] = []
  let rest: string | undefined = line.rest
  const next = (): string => {
    const [word, after] = rest === undefined ? ['', undefined] : takeWord(rest)
    rest = after
    return word ?? ''
  }
  let word = next()
  for (; word !== '' && !word.startsWith('#'); word = next()) {
    const negated = word.startsWith('!')
    const name = criterionName(line, negated ? word.slice(1) : word)
    if (name === 'all') {
      const after = next()
      if (found.length > 1 || (after !== '' && !after.startsWith('#'))) {
        throw sshConfigError(line, `'Match ${word}' can not be combined with other criteria`)
      }
      found.push({ name, negated, argument: '' })
      return found
    }
    found.push({ name, negated, argument: takesNone(name) ? '' : readArgument(line, name, next()) })
  }
  if (found.length === 0) throw sshConfigError(line, "'Match' has no criterion")
  if (word === '' && rest) throw sshConfigError(line, `'Match' can not be read from '${rest}' on`)
  return found
}

const takesNone = (name: CriterionName): boolean => name === 'canonical' || name === 'final'

function criterionName(line: SshConfigLine, word: string): CriterionName {
  const name = criteria.find(known => known === word.toLowerCase())
  if (name) return name
  if (newerCriteria.includes(word.toLowerCase())) {
    throw sshConfigError(line, `'Match ${word}' is not supported`, `opsctl knows what OpenSSH 9.2 knows: ${criteria.join(', ')}`)
  }
  const close = nearest(word, criteria)
  throw sshConfigError(
    line,
    `unknown Match criterion '${word}'`,
    close === undefined ? `known: ${criteria.join(', ')}` : `did you mean '${close}'?`,
  )
}

function readArgument(line: SshConfigLine, name: CriterionName, argument: string): string {
  if (argument === '' || argument.startsWith('#')) throw sshConfigError(line, `'Match ${name}' has no argument`)
  const wrong = name === 'exec' ? unknownToken(argument, matchExecTokens) : undefined
  if (wrong !== undefined) throw sshConfigError(line, `'Match exec': unknown token '${wrong}'`)
  return argument
}

const matchExecTokens: ReadonlySet<Token> = new Set<Token>(['C', 'L', 'd', 'h', 'i', 'k', 'l', 'n', 'p', 'r', 'u'])
