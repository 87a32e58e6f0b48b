import { formatDuration } from '../../../core/duration.ts'
import { readTime } from '../../../core/file-fields.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import { nearest } from '../../../core/nearest.ts'

interface Range {
  readonly least: number
  readonly most: number
}

/** Milliseconds, within a range of them. */
export function readTimeWithin(node: FileNode, { least, most }: Range): number | undefined {
  const time = readTime(node, least)
  if (time === undefined || time <= most) return time
  return node.wrong(`${node.key}: ${node.value} is too long`, { hint: `it is at most ${formatDuration(most)}` })
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

/** Notes keys that are not known. */
export function demandKeys(members: ReadonlyMap<string, FileNode>, known: readonly string[], noun: string): void {
  for (const [key, member] of members) {
    if (!known.includes(key)) member.unknownKey(`unknown key '${key}' in ${noun}`, known)
  }
}
