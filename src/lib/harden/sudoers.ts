import { type Facts, RuleUnseen, type TextFact } from '../core/rule.ts'
import { includeOf, type LogicalLine, logicalLines } from './sudoers-text.ts'

export const sudoersFile = '/etc/sudoers'
export const sudoersDirectory = '/etc/sudoers.d'
export const sudoersDropIns = `${sudoersDirectory}/*`
export const sudoersPatterns = [sudoersFile, sudoersDropIns]

/** A line of the rules of sudo, continued ones as one, without comments. */
export interface SudoersLine extends LogicalLine {
  readonly file: string
}

/** sudo itself stops at 128. */
const maxDepth = 16

/** All lines in the order in which sudo reads them; undefined where there is no sudo. @throws RuleUnseen when they may not be read */
export function sudoersLines(facts: Facts): SudoersLine[] | undefined {
  const main = facts.texts.find(({ path }) => path === sudoersFile)
  if (!main || main.status === 'absent') return undefined
  return linesOf(main, facts, maxDepth)
}

/** Patterns of what the rules of sudo include, as far as the files are known. */
export function sudoersIncludes({ texts }: Facts): string[] {
  const patterns = [...sudoersPatterns]
  for (const pattern of patterns) {
    const read = texts.filter(fact => fact.pattern === pattern && fact.status === 'text')
    const named = read.flatMap(({ path: file, text }) =>
      logicalLines(text).flatMap(line => patternOf({ file, text: line.text }) ?? []),
    )
    patterns.push(...named.filter(name => !patterns.includes(name)))
  }
  return patterns.slice(sudoersPatterns.length)
}

function linesOf({ path: file, text, status }: TextFact, facts: Facts, depth: number): SudoersLine[] {
  if (status !== 'text') throw new RuleUnseen(`${file} can not be read: look as root, or with --sudo`)
  if (depth === 0) throw new RuleUnseen(`${file} is included by itself`)
  return logicalLines(text).flatMap(line => {
    const pattern = patternOf({ text: line.text, file })
    if (pattern === undefined) return [{ file, ...line }]
    return includedBy(pattern, facts).flatMap(fact => linesOf(fact, facts, depth - 1))
  })
}

function patternOf(line: { readonly text: string; readonly file: string }): string | undefined {
  const include = includeOf(line)
  return include && (include.isDirectory ? `${include.path}/*` : include.path)
}

/** sudo leaves out names with a dot, and those that end with a tilde, in a directory. */
function includedBy(pattern: string, { texts }: Facts): TextFact[] {
  if (pattern.includes('%h')) throw new RuleUnseen(`sudo includes ${pattern}, by the name of the host`)
  const known = texts.filter(fact => fact.pattern === pattern)
  if (known.length === 0) throw new RuleUnseen(`sudo includes ${pattern}, which was not looked at`)
  const isLeftOut = (path: string): boolean => pattern.endsWith('/*') && /\.|~$/.test(path.slice(path.lastIndexOf('/') + 1))
  return known.filter(({ path, status }) => status !== 'absent' && !isLeftOut(path)).sort((a, b) => (a.path < b.path ? -1 : 1))
}
