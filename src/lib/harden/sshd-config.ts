import { type Facts, RuleUnseen, type TextFact } from '../core/rule.ts'

export const sshdConfigFile = '/etc/ssh/sshd_config'
export const sshdDropIns = '/etc/ssh/sshd_config.d/*.conf'

/** A line of sshd's configuration that sets something. */
export interface SshdLine {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** Lower case. */
  readonly keyword: string
  readonly value: string
  /** Of the block in which it stands: `User backup`. */
  readonly match?: string
}

/** All lines that set something, in the order in which sshd reads them: of one keyword the first outside of a block counts. */
export function sshdLines(facts: Facts): SshdLine[] {
  return linesOf(mainText(facts), facts, { depth: 0 })
}

/** @throws RuleUnseen when the main file can not be read as text */
export function mainText({ texts }: Facts): TextFact {
  const main = texts.find(({ path }) => path === sshdConfigFile)
  if (main?.status !== 'text') throw new RuleUnseen(`${sshdConfigFile} can not be read${main ? ` (${main.status})` : ''}`)
  return main
}

/** Patterns of what the configuration includes, as far as the files are known. */
export function sshdIncludes({ texts }: Facts): string[] {
  const patterns = [sshdConfigFile]
  for (const pattern of patterns) {
    const read = texts.filter(fact => fact.pattern === pattern && fact.status === 'text')
    const named = read.flatMap(({ text }) => text.split('\n').flatMap(line => includesOf(setting(line))))
    patterns.push(...named.filter(name => !patterns.includes(name)))
  }
  return patterns.slice(1)
}

/** sshd stops there, too. */
const maxDepth = 16

interface Place {
  /** Of the block in which the file is included. */
  readonly match?: string | undefined
  readonly depth: number
}

function linesOf({ path: file, text }: TextFact, facts: Facts, { match: outer, depth }: Place): SshdLine[] {
  if (depth === maxDepth) throw new RuleUnseen(`${file} is included by itself`)
  const found: SshdLine[] = []
  let match = outer
  for (const [index, line] of text.split('\n').entries()) {
    const set = setting(line)
    if (!set) continue
    const { keyword, value } = set
    if (keyword === 'match') match = value.toLowerCase() === 'all' ? outer : value
    else found.push({ file, line: index + 1, keyword, value, ...(match !== undefined && { match }) })
    // What an included file says of Match ends with that file.
    for (const pattern of includesOf(set)) {
      for (const fact of included(pattern, facts)) found.push(...linesOf(fact, facts, { match, depth: depth + 1 }))
    }
  }
  return found
}

interface Setting {
  /** Lower case. */
  readonly keyword: string
  readonly value: string
}

function setting(line: string): Setting | undefined {
  const [, word, rest = ''] = /^\s*"?([A-Za-z]\w*)"?(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? []
  return word === undefined ? undefined : { keyword: word.toLowerCase(), value: plainValue(rest) }
}

/** Absolute patterns; none for a line that includes nothing. */
export function includesOf(set: Setting | undefined): string[] {
  if (set?.keyword !== 'include' || set.value === '') return []
  return set.value.split(/\s+/).map(word => (word.startsWith('/') ? word : `/etc/ssh/${word}`))
}

/** @throws RuleUnseen for what can not be read */
function included(pattern: string, { texts }: Facts): TextFact[] {
  const found = texts.filter(text => text.pattern === pattern)
  if (found.length === 0) throw new RuleUnseen(`sshd includes ${pattern}, which was not looked at`)
  const unread = found.find(({ status }) => status === 'denied' || status === 'large')
  if (unread) throw new RuleUnseen(`${unread.path} can not be read (${unread.status})`)
  return found.filter(({ status }) => status === 'text').sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Without quotes and what is said behind a #. */
const plainValue = (text: string): string =>
  text
    .replace(/(^|\s)#.*$/, '')
    .replaceAll('"', '')
    .trim()
