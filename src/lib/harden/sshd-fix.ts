import type { Facts, FixStep } from '../core/rule.ts'
import { isPlain } from './file-edit.ts'
import { includesOf, mainText, type SshdLine, sshdConfigFile, sshdDropIns, sshdIncludes, sshdLines } from './sshd-config.ts'

interface Wanted {
  /** Id of the rule: names the drop-in. */
  readonly rule: string
  readonly lines: readonly { readonly option: string; readonly value: string }[]
}

/**
 * Steps after which sshd has these options. A drop-in of our own where the main file includes the directory before anything else says
 * something; else the line that counts is replaced where it stands, or one is put before all others. Undefined where that
 * file is not plain text.
 */
export function sshdFix(facts: Facts, { rule, lines }: Wanted): readonly FixStep[] | undefined {
  const main = mainText(facts)
  const includes = sshdIncludes(facts)
  const read = [main, ...facts.texts.filter(({ pattern }) => includes.includes(pattern))]
  const known = sshdLines(facts)
  const own = dropInOf(rule)
  if (lines.every(({ option }) => isFirst(own, known, option))) {
    // What an earlier fix of the same rule wrote stays.
    const kept = known.filter(({ file, keyword }) => file === own && lines.every(line => line.option.toLowerCase() !== keyword))
    const all = [
      ...kept.map(({ keyword, value }) => `${keyword} ${value}\n`),
      ...lines.map(({ option, value }) => `${option} ${value}\n`),
    ]
    const content = `# Written by opsctl for the rule ${rule}.\n${all.join('')}`
    return [{ kind: 'write-file', params: { path: own, content, mode: '0600', parents: true } }]
  }
  const texts = new Map(read.map(({ path, text }) => [path, text]))
  const changed = new Set<string>()
  for (const { option, value } of lines) {
    const [place] = settersOf(option, known)
    const file = place?.file ?? sshdConfigFile
    const old = texts.get(file)
    if (old === undefined || !isPlain(old)) return undefined
    // Lines are put in at the top last of all, so that the numbers of the others stay true.
    texts.set(file, place ? withLine(old, place.line, `${option} ${value}`) : old)
    changed.add(file)
  }
  const fresh = lines.filter(({ option }) => settersOf(option, known).length === 0)
  const top = fresh.map(({ option, value }) => `${option} ${value}\n`).join('')
  texts.set(sshdConfigFile, top + (texts.get(sshdConfigFile) ?? ''))
  return [...changed].map(path => ({ kind: 'write-file', params: { path, content: texts.get(path) ?? '' } }))
}

/** It sorts before everything but what was named to come first. */
const dropInOf = (rule: string): string => `${sshdDropIns.replace('*.conf', '')}00-opsctl-${rule}.conf`

const settersOf = (option: string, known: readonly SshdLine[]): SshdLine[] =>
  known.filter(({ keyword, match }) => keyword === option.toLowerCase() && match === undefined)

/** Whether sshd would read the option in the drop-in before it reads it elsewhere. */
function isFirst(own: string, known: readonly SshdLine[], option: string): boolean {
  const include = known.findIndex(
    line => line.file === sshdConfigFile && line.match === undefined && includesOf(line).includes(sshdDropIns),
  )
  if (include === -1) return false
  const [setter] = settersOf(option, known)
  if (!setter || setter.file === own) return true
  const isBehind = known.indexOf(setter) > include
  const directory = own.slice(0, own.lastIndexOf('/') + 1)
  if (setter.file.startsWith(directory)) return isBehind && setter.file > own
  // A drop-in that comes first may include it.
  return isBehind && !known.some(({ file, keyword }) => keyword === 'include' && file.startsWith(directory) && file < own)
}

function withLine(text: string, number: number, line: string): string {
  const lines = text.split('\n')
  const end = lines[number - 1]?.endsWith('\r') ? '\r' : ''
  return lines.with(number - 1, line + end).join('\n')
}
