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
  return linesOf(mainText(facts), facts)
}

/** @throws RuleUnseen when the main file can not be read as text */
export function mainText({ texts }: Facts): TextFact {
  const main = texts.find(({ path }) => path === sshdConfigFile)
  if (main?.status !== 'text') throw new RuleUnseen(`${sshdConfigFile} can not be read${main ? ` (${main.status})` : ''}`)
  return main
}

function linesOf({ path: file, text }: TextFact, facts: Facts, outer?: string): SshdLine[] {
  const found: SshdLine[] = []
  let match = outer
  for (const [index, line] of text.split('\n').entries()) {
    const [, word, rest = ''] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? []
    if (word === undefined) continue
    const keyword = word.toLowerCase()
    const value = plainValue(rest)
    if (keyword === 'match') match = value.toLowerCase() === 'all' ? outer : value
    else found.push({ file, line: index + 1, keyword, value, ...(match !== undefined && { match }) })
    // What an included file says of Match ends with that file.
    if (keyword === 'include') for (const text of included(value, facts)) found.push(...linesOf(text, facts, match))
  }
  return found
}

function included(value: string, { texts }: Facts): TextFact[] {
  const patterns = value.split(/\s+/).map(word => (word.startsWith('/') ? word : `/etc/ssh/${word}`))
  const found = texts.filter(({ pattern, status }) => status === 'text' && patterns.includes(pattern))
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Without quotes and what is said behind a #. */
const plainValue = (text: string): string =>
  text
    .replace(/(^|\s)#.*$/, '')
    .replaceAll('"', '')
    .trim()
