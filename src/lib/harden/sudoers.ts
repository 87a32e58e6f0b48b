import { type Facts, RuleUnseen } from '../core/rule.ts'

export const sudoersFile = '/etc/sudoers'
export const sudoersDropIns = '/etc/sudoers.d/*'
export const sudoersPatterns = [sudoersFile, sudoersDropIns]

/** A line of the rules of sudo, continued ones as one, without comments. */
export interface SudoersLine {
  readonly file: string
  /** From 1, of its beginning. */
  readonly line: number
  readonly text: string
}

/** All lines in the order in which sudo reads them; undefined where there is no sudo. @throws RuleUnseen when they may not be read */
export function sudoersLines(facts: Facts): SudoersLine[] | undefined {
  const main = facts.texts.find(({ path }) => path === sudoersFile)
  if (!main || main.status === 'absent') return undefined
  if (main.status !== 'text') throw new RuleUnseen(`${sudoersFile} can not be read: look as root, or with --sudo`)
  return linesOf({ file: main.path, text: main.text }, facts)
}

function linesOf({ file, text }: { file: string; text: string }, facts: Facts): SudoersLine[] {
  const found: SudoersLine[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1
    let whole = lines[at] ?? ''
    while (whole.endsWith('\\') && at + 1 < lines.length) whole = `${whole.slice(0, -1)} ${(lines[++at] ?? '').trim()}`
    const directory = includedDirectory(whole)
    if (directory === '/etc/sudoers.d') for (const entry of dropIns(facts)) found.push(...linesOf(entry, facts))
    // `#1000` names a user by number, every other # begins a comment.
    const plain = whole.replace(/(^|\s)#(?!\d).*$/, '').trim()
    if (plain !== '') found.push({ file, line, text: plain })
  }
  return found
}

/** The directory of a line `@includedir DIR`, or `#includedir DIR` as it was written once. */
export const includedDirectory = (line: string): string | undefined =>
  /^[@#]includedir\s+"?(\S+?)\/?"?\s*$/.exec(line.trim())?.[1]

/** sudo leaves out names with a dot, and those that end with a tilde. */
function dropIns({ texts }: Facts): { file: string; text: string }[] {
  const found = texts.filter(({ pattern, path, status }) => {
    if (pattern !== sudoersDropIns || status === 'absent') return false
    if (/\.|~$/.test(path.slice(path.lastIndexOf('/') + 1))) return false
    if (status !== 'text') throw new RuleUnseen(`${path} can not be read: look as root, or with --sudo`)
    return true
  })
  return found.map(({ path, text }) => ({ file: path, text })).sort((a, b) => (a.file < b.file ? -1 : 1))
}
