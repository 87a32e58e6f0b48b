import { jsonFault } from '../../config/json-text.ts'
import { compileSchema, type Validate } from '../../config/schema-check.ts'
import { type ChangeNode, shown } from '../../plan/file/node.ts'
import { type ReadSource, SourceError } from '../../plan/file/source.ts'
import type { Format } from '../document.ts'
import { Template, TemplateError } from '../template.ts'

export type ContentSpec =
  | { readonly is: 'template'; readonly path: string; readonly template: Template }
  | { readonly is: 'value'; readonly key: string }

/** What a file of hosts is made of. */
export async function readContent(entry: ChangeNode, readLocal: ReadSource): Promise<ContentSpec | undefined> {
  const [template, from] = [entry.child('template'), entry.child('from')]
  const hint = '`template:` is a local file that is filled in, `from:` a key whose value is taken as it is'
  if (template.isAbsent && from.isAbsent) return template.wrong('a file without template or from', { hint })
  if (!template.isAbsent && !from.isAbsent) return from.wrong('from beside template', { part: 'key', hint })
  if (!from.isAbsent) {
    const key = from.text('a key')
    return key === undefined ? undefined : { is: 'value', key }
  }
  const path = template.text('the path of a local file')
  const text = path === undefined ? undefined : await localText(template, path, readLocal)
  if (path === undefined || text === undefined) return undefined
  try {
    return { is: 'template', path, template: new Template(text) }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return template.wrong(`${path}:${error.line}:${error.column}: ${error.message}`, { hint: error.hint })
  }
}

/** The schema that the data of a file must fit. */
export async function readSchema(
  node: ChangeNode,
  { format, readLocal }: { readonly format: Format | undefined; readonly readLocal: ReadSource },
): Promise<Validate | undefined> {
  if (node.isAbsent) return undefined
  if (format === 'text') return node.wrong('schema without format', { part: 'key', hint: 'say format: json or format: yaml' })
  const path = node.text('the path of a local JSON Schema')
  const text = path === undefined ? undefined : await localText(node, path, readLocal)
  if (text === undefined) return undefined
  const fault = jsonFault(text)
  if (fault) return node.wrong(`${path}:${fault.line}:${fault.column}: it is not JSON: ${fault.problem}`)
  try {
    return compileSchema(JSON.parse(text))
  } catch (error) {
    return node.wrong(`${path} is no JSON Schema: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function localText(node: ChangeNode, path: string, readLocal: ReadSource): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readLocal(path))
  } catch (error) {
    if (error instanceof TypeError) return node.wrong(`${path} is not UTF-8 text`)
    if (!(error instanceof SourceError)) throw error
    return node.wrong(`${shown(path)} ${error.message}`, { hint: 'a relative path begins at the directory of the sync file' })
  }
}
