import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { compileFirstFault, type SchemaFault } from '../../config/schema-check.ts'
import { parseYamlDocument } from '../../config/yaml-document.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { readWords } from '../../core/file-fields.ts'
import { type FileNode, isMapping, shown } from '../../core/file-node.ts'
import type { Json } from '../../core/json.ts'
import { fieldPath } from './field-path.ts'
import { knownKeys } from './read-keys.ts'
import { type Ended, filtered, type StepPlan } from './step.ts'

export interface SchemaPlace {
  /** Relative paths are from here. */
  readonly cwd: string
}

const form = 'write `schema: { file: record.schema.json, on_violation: dead }`'
const errorField = fieldPath('schema_error')

/** `schema: { file, on_violation }`: a JSON Schema, in a file or as keys and values below `inline`. */
export function readSchema(node: FileNode, { cwd }: SchemaPlace): StepPlan | undefined {
  if (node.isAbsent) return undefined
  if (!knownKeys(node, { noun: 'schema', keys: ['file', 'inline', 'on_violation'], form })) return undefined
  const [onViolation = 'dead'] = readWords(node.child('on_violation'), ['dead', 'mark', 'drop']) ?? []
  const fault = readFaults(node, cwd)
  if (fault === undefined) return undefined
  return () => ({
    decides: onViolation !== 'mark',
    apply(draft): Ended | undefined {
      const found = fault(JSON.parse(draft.text))
      if (found === undefined) return undefined
      if (onViolation === 'drop') return filtered
      if (onViolation === 'dead') return { stage: 'schema', reason: found.rule }
      draft.set(errorField, JSON.stringify(found.problem))
      return undefined
    },
  })
}

function readFaults(node: FileNode, cwd: string): ((record: Json) => SchemaFault | undefined) | undefined {
  const file = node.child('file')
  const inline = node.child('inline')
  if (file.isAbsent === inline.isAbsent) return node.wrong('schema needs file: or inline:', { hint: form })
  const source = inline.isAbsent ? file : inline
  const schema = inline.isAbsent ? schemaIn(file, cwd) : inline.value
  if (schema === undefined) return undefined
  if (!isMapping(schema)) return source.wrong(`a schema is keys and values, not ${shown(schema)}`)
  try {
    return compileFirstFault(schema)
  } catch (error) {
    return source.wrong(`${source.key}: it is no JSON Schema: ${error instanceof Error ? error.message : error}`)
  }
}

function schemaIn(node: FileNode, cwd: string): Json | undefined {
  const path = node.text('a path')
  if (path === undefined) return undefined
  try {
    return parseYamlDocument(readFileSync(resolve(cwd, path), 'utf8'), path, 'E_CONFIG').value
  } catch (error) {
    if (error instanceof OpsError) return node.wrong(`file: ${error.message}`, { hint: error.hint })
    return node.wrong(`file: ${path} can not be read: ${errnoOf(error) ?? error}`)
  }
}
