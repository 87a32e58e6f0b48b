import { patternTree } from '../../../core/pattern-tree.ts'
import { type Cursor, carriageReturn, newline } from '../scan/cursor.ts'
import type { LineScanner } from '../scan/line-scanner.ts'
import { type BytePattern, bytePattern } from './byte-pattern.ts'
import { FieldsWriter, type GroupField, type GroupKind } from './fields-writer.ts'

/** A field of groups by their names. */
export type NamedField = Omit<GroupField, 'groups'> & { readonly groups: readonly string[]; readonly kind: GroupKind }

/** The quick path of lines by an expression; undefined for an expression that it can not read. */
export function expressionScanner(text: string, fields: readonly NamedField[]): LineScanner | undefined {
  const tree = patternTree(text)
  const pattern = tree && bytePattern(tree)
  if (pattern === undefined) return undefined
  const numbers = fields.map(field => ({ ...field, groups: field.groups.flatMap(name => tree?.names.get(name) ?? []) }))
  return new ExpressionScanner(pattern, new FieldsWriter(numbers))
}

class ExpressionScanner implements LineScanner {
  readonly overhead: number
  readonly #pattern: BytePattern
  readonly #fields: FieldsWriter

  constructor(pattern: BytePattern, fields: FieldsWriter) {
    this.#pattern = pattern
    this.#fields = fields
    this.overhead = fields.overhead
  }

  scan(cursor: Cursor, limit: number): number {
    const { input, end, valid } = cursor
    const pattern = this.#pattern
    const { places } = pattern
    const fields = this.#fields
    let lines = 0
    while (cursor.at < end && cursor.length <= limit) {
      const begin = cursor.at
      const next = input.indexOf(newline, begin)
      const last = next > begin && input[next - 1] === carriageReturn ? next - 1 : next
      if (last === begin || !(valid || isAscii(input, begin, last))) return lines
      if (!pattern.find(input, begin, last) || !fields.write(cursor, places)) return lines
      cursor.at = next + 1
      lines++
    }
    return lines
  }
}

function isAscii(input: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((input[i] as number) >= 0x80) return false
  return true
}
