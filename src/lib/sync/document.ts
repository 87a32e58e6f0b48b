import { jsonFault } from '../config/json-text.ts'
import { parseYamlDocument } from '../config/yaml-document.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { textOf } from './config-tree.ts'

export const formats = ['text', 'json', 'yaml'] as const
export type Format = (typeof formats)[number]

/** The data in a file of a structured format; undefined for text. @throws OpsError E_PLAN with `name:line:column` */
export function documentOf(format: Format, content: Uint8Array, name: string): Json | undefined {
  if (format === 'text') return undefined
  const text = textOf(content)
  if (text === undefined) throw new OpsError('E_PLAN', `${name}: it is not UTF-8 text`)
  if (format === 'json') demandJson(text, name)
  // JSON is YAML, and this reader knows the lines.
  return parseYamlDocument(text, name, 'E_PLAN').value
}

function demandJson(text: string, name: string): void {
  const fault = jsonFault(text)
  if (!fault) return
  const { line, column, problem } = fault
  throw new OpsError('E_PLAN', `${name}:${line}:${column}: it is not JSON: ${problem}`)
}
