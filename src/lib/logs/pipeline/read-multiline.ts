import { readText, readTime } from '../../core/file-fields.ts'
import type { FileNode } from '../../core/file-node.ts'
import type { Multiline } from '../../core/log-source.ts'
import { type Pattern, parsePattern } from '../../core/pattern.ts'

const patternKeys = ['start', 'continue', 'end'] as const
const keys = [...patternKeys, 'indented', 'max_lines', 'timeout'] as const

const form = "write `multiline: { start: '^\\d{4}-' }`, or continue:, end:, indented: true"
const defaultMaxLines = 500
const mostMaxLines = 100_000
const defaultTimeoutMs = 1000

/** `multiline:` of a source. */
export function readMultiline(node: FileNode): Multiline | undefined {
  if (node.isAbsent) return undefined
  const members = node.members('multiline', form)
  if (!members) return undefined
  for (const [key, member] of members)
    if (!keys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in multiline`, keys)
  const by = readBy(node)
  const maxLines = readMaxLines(node.child('max_lines'))
  const timeoutMs = readTime(node.child('timeout'), 1) ?? defaultTimeoutMs
  return by && { by, maxLines, timeoutMs }
}

function readBy(node: FileNode): Multiline['by'] | undefined {
  const given = [...patternKeys, 'indented' as const].filter(key => !node.child(key).isAbsent)
  const [line] = given
  if (line === undefined) return node.wrong('multiline does not say how events are told apart', { hint: form })
  if (given.length > 1) return node.wrong(`multiline has ${given.join(' and ')}: one tells events apart`, { hint: form })
  const told = node.child(line)
  if (line !== 'indented') {
    const pattern = readPattern(told)
    return pattern && { line, pattern }
  }
  return told.value === true ? { line } : told.wrong('indented can only be true', { hint: form })
}

function readPattern(node: FileNode): Pattern | undefined {
  const text = readText(node, 'a regular expression')
  if (text === undefined) return undefined
  try {
    return parsePattern(text, { multiline: false })
  } catch (error) {
    return node.wrong(`${node.key}: ${error instanceof Error ? error.message : error}`, { hint: 'it is an expression of RE2' })
  }
}

function readMaxLines(node: FileNode): number {
  if (node.isAbsent) return defaultMaxLines
  const { value } = node
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostMaxLines) return value
  node.wrong(`max_lines is a whole number from 1 to ${mostMaxLines}`)
  return defaultMaxLines
}
