import { readWords } from '../../../core/file-fields.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import type { Draft } from '../draft.ts'
import { type FieldPath, readFields } from '../field-path.ts'
import { plainOf } from '../json-members.ts'
import { type TextChange, withTexts } from '../json-strings.ts'
import { knownPatterns, maskPattern } from '../mask/known-patterns.ts'
import type { MaskPattern } from '../mask/mask-pattern.ts'
import { ownPattern } from '../mask/own-pattern.ts'
import { knownKeys } from '../read-keys.ts'
import { changing, type ReadStep } from '../step.ts'

const keys = ['fields', 'patterns', 'regex', 'with', 'keep_last'] as const
const form = 'write `mask: { patterns: [email, card] }`, or with fields: too'

/** `mask: { fields, patterns, regex, with, keep_last }`: in all fields where none are named; all of a field where no pattern is. */
export const readMask: ReadStep = node => {
  if (!knownKeys(node, { noun: 'mask', keys, form })) return undefined
  const listed = node.child('fields')
  const isAll = listed.isAbsent || listed.value === 'all'
  const fields = isAll ? [] : readFields(listed)
  const patterns = [...(readWords(node.child('patterns'), knownPatterns) ?? []).map(maskPattern), ...readOwn(node.child('regex'))]
  const replace = readReplacement(node)
  const isWhole = node.child('patterns').isAbsent && node.child('regex').isAbsent
  if (isAll && isWhole) return node.wrong('mask needs patterns, or fields that are masked as a whole', { hint: form })
  if (!fields || !replace) return undefined
  const change: TextChange = isWhole ? replace : (text, name) => masked(text, { name, patterns, replace })
  return () => changing(draft => (isAll ? maskAll(draft, { patterns, replace }) : maskFields(draft, { fields, change, isWhole })))
}

function readOwn(node: FileNode): MaskPattern[] {
  if (node.isAbsent) return []
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  return nodes.flatMap(each => {
    const text = each.text('a regular expression')
    if (text === undefined) return []
    try {
      return [ownPattern(text)]
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      each.wrong(`${shown(text)} is no regular expression to mask by: ${why}`, { hint: 'RE2 syntax, without look-around' })
      return []
    }
  })
}

function readReplacement(node: FileNode): ((text: string) => string) | undefined {
  const word = node.child('with')
  const stars = word.isAbsent ? '***' : word.value === '' ? '' : word.text()
  const last = node.child('keep_last')
  const { value = 0 } = last
  if (stars === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 8)
    return last.wrong(`keep_last is a number from 0 to 8, not ${shown(value)}`)
  // Of what is short the end would be most of it.
  return text => (value > 0 && text.length >= 3 * value ? stars + text.slice(-value) : stars)
}

interface Masking {
  readonly name: string
  readonly patterns: readonly MaskPattern[]
  readonly replace: (text: string) => string
}

function masked(text: string, { name, patterns, replace }: Masking): string {
  if (patterns.some(({ names }) => names?.test(name))) return replace(text)
  return patterns.reduce((before, pattern) => pattern.masked(before, replace), text)
}

function maskAll(draft: Draft, { patterns, replace }: Omit<Masking, 'name'>): void {
  const line = draft.text
  // With a backslash what the texts are is not what stands in the line.
  const possible = line.includes('\\') ? patterns : patterns.filter(pattern => pattern.mayBeIn(line))
  if (possible.length === 0) return
  const change: TextChange = (text, name) => masked(text, { name, patterns: possible, replace })
  for (const name of draft.names) {
    const json = draft.member(name) ?? 'null'
    const became = withTexts(json, { name, change })
    if (became !== json) draft.setMember(name, became)
  }
}

interface FieldMasking {
  readonly fields: readonly FieldPath[]
  readonly change: TextChange
  readonly isWhole: boolean
}

function maskFields(draft: Draft, { fields, change, isWhole }: FieldMasking): void {
  for (const field of fields) {
    const json = draft.get(field)
    if (json === undefined || json === 'null') continue
    const became = isWhole ? JSON.stringify(change(plainOf(json), field.text)) : withTexts(json, { name: field.text, change })
    if (became !== json) draft.set(field, became)
  }
}
