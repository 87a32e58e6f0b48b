import type { FileNode } from '../../../core/file-node.ts'
import type { Draft } from '../draft.ts'
import { type FieldPath, fieldPath, keyPath } from '../field-path.ts'
import { plainOf } from '../json-members.ts'
import { changing, type ReadStep } from '../step.ts'

/** What a field is to be: a text of JSON, made of the record. */
type ValueOf = (draft: Draft) => string | undefined

/**
 * `add: { env: prod, url: "${host}${path}" }`: a template that is one field only copies that, whatever it is; within others what is not
 * there is empty.
 */
export const readAdd: ReadStep = node => {
  const members = node.members('add', 'write `add: { env: prod, url: "${host}${path}" }`')
  if (members === undefined) return undefined
  const added = [...members].flatMap(([key, member]) => {
    const field = keyPath(key, member)
    const value = readValue(member)
    return field && value ? [{ field, value }] : []
  })
  return () =>
    changing(draft => {
      for (const { field, value } of added) {
        const json = value(draft)
        if (json !== undefined) draft.set(field, json)
      }
    })
}

const placeholder = /\$\{([^}]*)\}/g

function readValue(node: FileNode): ValueOf | undefined {
  const { value } = node
  if (typeof value !== 'string') {
    const json = JSON.stringify(value)
    return () => json
  }
  const pieces: (string | FieldPath)[] = []
  let at = 0
  for (const { 0: whole, 1: name = '', index } of value.matchAll(placeholder)) {
    if (name === '' || name.split('.').includes('')) return node.wrong(`\${${name}} names no field`)
    pieces.push(value.slice(at, index), fieldPath(name))
    at = index + whole.length
  }
  pieces.push(value.slice(at))
  const [before, only, behind] = pieces
  if (pieces.length === 3 && before === '' && behind === '' && typeof only === 'object') return draft => draft.get(only)
  return draft => JSON.stringify(pieces.map(piece => textOf(piece, draft)).join(''))
}

function textOf(piece: string | FieldPath, draft: Draft): string {
  if (typeof piece === 'string') return piece
  const json = draft.get(piece)
  return json === undefined || json === 'null' ? '' : plainOf(json)
}
