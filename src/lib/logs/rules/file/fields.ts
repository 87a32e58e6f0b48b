import { parseDuration } from '../../../core/duration.ts'
import { OpsError } from '../../../core/errors.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import { nearest } from '../../../core/nearest.ts'

/** What timers can hold: 24 days. */
const maxTimeMs = 2 ** 31 - 1

/** Milliseconds. */
export function readTime(node: FileNode, { leastMs = 0, mostMs = maxTimeMs } = {}): number | undefined {
  if (node.isAbsent) return undefined
  const text = node.scalar('a time like 10m')
  if (text === undefined) return undefined
  try {
    const time = parseDuration(text)
    if (time < leastMs) return node.wrong(`${node.key}: ${text} is too short`, { hint: `it is at least ${leastMs / 1000} s` })
    return time > mostMs ? node.wrong(`${node.key}: ${text} is too long`, { hint: `it is at most ${mostMs / 1000} s` }) : time
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return node.wrong(`${node.key}: ${error.message}`, { hint: error.hint })
  }
}

interface Range {
  readonly least: number
  readonly most: number
}

export function readWhole(node: FileNode, { least, most }: Range): number | undefined {
  if (node.isAbsent) return undefined
  const { value } = node
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  return node.wrong(`${node.key} must be a whole number from ${least} to ${most}, not ${shown(value)}`)
}

export function readWord<T extends string>(node: FileNode, words: readonly T[]): T | undefined {
  if (node.isAbsent) return undefined
  const found = words.find(word => word === node.value)
  if (found !== undefined) return found
  const close = nearest(String(node.value), words)
  return node.wrong(`there is no ${node.key} ${shown(node.value)}`, {
    hint: close ? `did you mean ${close}?` : `there are ${words.join(', ')}`,
  })
}

/** One text, or a list of them. */
export function readTexts(node: FileNode, form: string): string[] | undefined {
  if (node.isAbsent) return undefined
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  return nodes.flatMap(each => each.text(form) ?? [])
}

/** Notes keys that are not known. */
export function demandKeys(members: ReadonlyMap<string, FileNode>, known: readonly string[], noun: string): void {
  for (const [key, member] of members) {
    if (!known.includes(key)) member.unknownKey(`unknown key '${key}' in ${noun}`, known)
  }
}
