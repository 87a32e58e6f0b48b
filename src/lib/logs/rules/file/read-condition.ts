import { type FileNode, shown } from '../../../core/file-node.ts'
import { celCondition } from '../condition/cel-condition.ts'
import { allOf, anyOf, type Condition } from '../condition/condition.ts'
import { matching } from '../condition/pattern-condition.ts'
import { parseCondition, valueCondition } from '../condition/quick-condition.ts'
import { tried } from './tried.ts'

/** A condition as a text, or as fields and the values that they must have. */
export function readCondition(node: FileNode): Condition | undefined {
  if (typeof node.value === 'string') {
    const text = node.text()
    return text === undefined ? undefined : tried(node, () => parseCondition(text))
  }
  const members = node.members('a condition', 'write `"status: 5xx"` in quotes, or `{ status: 5xx, level: [error, fatal] }`')
  if (!members) return undefined
  if (members.size === 0) return node.wrong('a condition names no field')
  const parts = [...members].map(([field, member]) => readMember(field, member))
  const found = parts.flatMap(part => part ?? [])
  return found.length === parts.length ? allOf(found) : undefined
}

function readMember(field: string, node: FileNode): Condition | undefined {
  if (Array.isArray(node.value)) {
    const entries = node.entries() ?? []
    if (entries.length === 0) return node.wrong(`${field} is an empty list`)
    const parts = entries.flatMap(each => readMember(field, each) ?? [])
    return parts.length === entries.length ? anyOf(parts) : undefined
  }
  if (typeof node.value === 'boolean') return valueCondition(field, String(node.value))
  const text = node.scalar('a text or a number, or a list of them')
  if (text === undefined) return undefined
  if (text === '') return node.wrong(`${field} must be something, not ${shown(text)}`)
  if (field === 'cel') return tried(node, () => celCondition(text))
  const pattern = /^\/(.*)\/$/s.exec(text)?.[1]
  if (pattern !== undefined) return tried(node, () => matching(field, pattern))
  if (/^([<>]=?|!=)/.test(text)) return tried(node, () => parseCondition(`${field} ${text}`))
  return valueCondition(field, text)
}
