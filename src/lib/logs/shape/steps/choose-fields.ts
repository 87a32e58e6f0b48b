import type { Draft } from '../draft.ts'
import { type FieldPath, readFields } from '../field-path.ts'
import { changing, type ReadStep } from '../step.ts'

/** `drop: [fields]` */
export const readDrop: ReadStep = node => {
  const fields = readFields(node)
  if (fields === undefined) return undefined
  return () =>
    changing(draft => {
      for (const field of fields) draft.delete(field)
    })
}

/** `keep: [fields]`: all others go. */
export const readKeep: ReadStep = node => {
  const fields = readFields(node)
  return fields && (() => changing(draft => keepOnly(draft, fields)))
}

function keepOnly(draft: Draft, fields: readonly FieldPath[]): void {
  const names = new Set(fields.map(({ text }) => text))
  if (draft.names.every(name => names.has(name))) return
  const kept = fields.flatMap(field => {
    const value = draft.get(field)
    return value === undefined ? [] : [{ field, value }]
  })
  draft.text = '{}'
  for (const { field, value } of kept) draft.set(field, value)
}
