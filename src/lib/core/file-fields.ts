import { parseDuration } from './duration.ts'
import { OpsError } from './errors.ts'
import { type FileNode, shown } from './file-node.ts'
import { nearest } from './nearest.ts'
import { formatSize, parseSize } from './size.ts'

/** What timers can hold: 24 days. */
const maxTimeMs = 2 ** 31 - 1

export const isName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)

export const readText = (node: FileNode, form?: string): string | undefined => (node.isAbsent ? undefined : node.text(form))

/** One text, or a list of them. */
export function readTexts(node: FileNode, form: string): FileNode[] {
  if (node.isAbsent) return []
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  return nodes.filter(each => each.text(form) !== undefined)
}

/** One of some words, or a list of them. */
export function readWords<T extends string>(node: FileNode, words: readonly T[]): T[] | undefined {
  if (node.isAbsent) return undefined
  const found: T[] = []
  for (const each of readTexts(node, words.length > 8 ? 'a word' : words.join(', '))) {
    const word = words.find(known => known === each.value)
    if (word !== undefined) found.push(word)
    else {
      const close = nearest(String(each.value), words)
      each.wrong(`there is no ${node.key} ${shown(each.value)}`, {
        hint: close ? `did you mean ${close}?` : `there are ${words.join(', ')}`,
      })
    }
  }
  if (Array.isArray(node.value) && node.value.length === 0) return node.wrong(`${node.key} is an empty list`)
  return found
}

export function readTruth(node: FileNode): boolean | undefined {
  if (node.isAbsent) return undefined
  if (typeof node.value === 'boolean') return node.value
  return node.wrong(`${node.key} must be true or false, not ${shown(node.value)}`)
}

/** Milliseconds. */
export function readTime(node: FileNode, leastMs = 0): number | undefined {
  if (node.isAbsent) return undefined
  const text = node.scalar('a time like 10m')
  if (text === undefined) return undefined
  try {
    const time = parseDuration(text)
    if (time < leastMs) return node.wrong(`${node.key}: ${text} is too short`, { hint: `it is at least ${leastMs / 1000} s` })
    return time > maxTimeMs ? node.wrong(`${node.key}: ${text} is more than 24 days`) : time
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return node.wrong(`${node.key}: ${error.message}`, { hint: error.hint })
  }
}

/** Bytes. */
export function readSize(node: FileNode, leastBytes = 0): number | undefined {
  if (node.isAbsent) return undefined
  const text = node.scalar('a size like 64MiB')
  if (text === undefined) return undefined
  try {
    const bytes = parseSize(text)
    return bytes < leastBytes
      ? node.wrong(`${node.key}: ${text} is too little`, { hint: `it is at least ${formatSize(leastBytes)}` })
      : bytes
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return node.wrong(`${node.key}: ${error.message}`, { hint: error.hint })
  }
}
