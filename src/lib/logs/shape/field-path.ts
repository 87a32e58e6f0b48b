import { type FileNode, shown } from '../../core/file-node.ts'

/** A field of a record: `http.status` is the field of that very name where there is one, else `status` within `http`. */
export interface FieldPath {
  readonly text: string
  readonly names: readonly string[]
}

export const fieldPath = (text: string): FieldPath => ({ text, names: text.split('.') })

/** One name, or a list of at least one. */
export function readFields(node: FileNode): FieldPath[] | undefined {
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  if (nodes.length === 0)
    return node.wrong(`${node.key} is an empty list`, { hint: 'write the names of fields: [user, http.path]' })
  const paths = nodes.map(readField)
  return paths.every(path => path !== undefined) ? paths : undefined
}

export function readField(node: FileNode): FieldPath | undefined {
  const text = node.text('the name of a field')
  return text === undefined ? undefined : checkedPath(text, node)
}

/** The name of a field that is a key of the file. */
export const keyPath = (key: string, node: FileNode): FieldPath | undefined => checkedPath(key, node, 'key')

function checkedPath(text: string, node: FileNode, part?: 'key'): FieldPath | undefined {
  if (text !== '' && !text.split('.').includes('')) return fieldPath(text)
  return node.wrong(`${shown(text)} can not be the name of a field`, {
    ...(part && { part }),
    hint: 'names behind dots are not empty: http.status',
  })
}
