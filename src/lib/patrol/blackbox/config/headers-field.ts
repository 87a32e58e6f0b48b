import { type Field, mapping } from './field.ts'
import { text } from './scalar-fields.ts'

/** Whether a header most likely holds what nobody may see. */
export const isSecretHeader = (name: string): boolean => /auth|cookie|token|secret|password|api-?key/i.test(name)

/** Headers by name. blackbox_exporter shows all their values in its debug text; here those that look secret are hidden. */
export function headersField(noun: string): Field<ReadonlyMap<string, string>> {
  const plain = mapping(noun, text())
  return {
    ...plain,
    tell: values => plain.tell(new Map([...values].map(([name, value]) => [name, isSecretHeader(name) ? '<secret>' : value]))),
  }
}
