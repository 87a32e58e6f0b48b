import type { z } from 'zod'
import type { Validate } from '../../config/schema-check.ts'
import { modeField, ownerField } from '../../core/host-fields.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeNode, shown } from '../../plan/file/node.ts'
import type { ReadSource } from '../../plan/file/source.ts'
import { type Format, formats } from '../document.ts'
import type { Template } from '../template.ts'
import { type ActionSpec, readAction } from './action.ts'
import { type ContentSpec, readContent, readSchema } from './content.ts'
import { readTemplate, readWords } from './templated.ts'

/** A file that hosts get. */
export interface FileSpec {
  readonly id: string
  readonly content: ContentSpec
  readonly to: Template
  readonly mode?: string
  readonly owner?: string
  readonly parents?: true
  /** No diff of it is shown. */
  readonly secret?: true
  readonly format: Format
  readonly schema?: Validate
  /** Words of a command that judges a copy of the file, whose path stands for `{}`. */
  readonly validate?: readonly Template[]
  /** What is done once after it changed. */
  readonly action?: ActionSpec
  /** `sync.yaml:12:5`, for messages about what comes of it. */
  readonly place: string
}

const fileKeys: readonly string[] = [
  ...['id', 'template', 'from', 'to', 'owner', 'mode', 'parents', 'secret', 'format', 'schema', 'validate', 'service', 'run'],
]

export async function readFiles(node: ChangeNode, readLocal: ReadSource): Promise<readonly FileSpec[]> {
  const hint = 'write `- { template: motd.liquid, to: /etc/motd }`'
  if (node.isAbsent) return node.wrong('files is missing', { hint }) ?? []
  const entries = node.entries(hint)
  if (entries?.length === 0) return node.wrong('files is empty', { hint }) ?? []
  const files: FileSpec[] = []
  for (const [index, entry] of (entries ?? []).entries()) {
    const file = await readFile(entry, { readLocal, position: index + 1 })
    if (file && files.some(({ id }) => id === file.id)) entry.child('id').wrong(`two files are called ${file.id}`)
    if (file) files.push(file)
  }
  return files
}

async function readFile(
  entry: ChangeNode,
  { readLocal, position }: { readonly readLocal: ReadSource; readonly position: number },
): Promise<FileSpec | undefined> {
  const members = entry.members('a file', 'write `- { template: motd.liquid, to: /etc/motd }`')
  if (!members) return undefined
  for (const [key, member] of members) {
    if (!fileKeys.includes(key)) member.unknownKey(`unknown key '${key}' in a file`, fileKeys)
  }
  const to = entry.child('to')
  const target = to.isAbsent ? to.wrong('a file without to', { hint: 'say where it goes: `to: /etc/motd`' }) : readTemplate(to)
  const content = await readContent(entry, readLocal)
  const format = readFormat(entry.child('format'))
  const schema = await readSchema(entry.child('schema'), { format, readLocal })
  const mode = readField(entry.child('mode'), modeField())
  const owner = readField(entry.child('owner'), ownerField())
  const parents = readFlag(entry.child('parents'))
  const secret = readFlag(entry.child('secret'))
  const validate = readValidate(entry.child('validate'))
  const action = readAction(entry)
  const id = readId(entry.child('id')) ?? `file-${position}`
  if (!target || !content) return undefined
  return {
    id,
    content,
    to: target,
    format: format ?? 'text',
    ...(mode !== undefined && { mode }),
    ...(owner !== undefined && { owner }),
    ...(parents && { parents }),
    ...(secret && { secret }),
    ...(schema && { schema }),
    ...(validate && { validate }),
    ...(action && { action }),
    place: entry.place,
  }
}

function readFormat(node: ChangeNode): Format | undefined {
  if (node.isAbsent) return 'text'
  const format = formats.find(each => each === node.value)
  if (format) return format
  const close = typeof node.value === 'string' ? nearest(node.value, formats) : undefined
  return node.wrong(`format must be ${formats.join(', ')}, not ${shown(node.value)}`, {
    hint: close && `did you mean ${close}?`,
  })
}

function readField(node: ChangeNode, field: z.ZodType<string>): string | undefined {
  if (node.isAbsent) return undefined
  const text = node.text()
  if (text === undefined) return undefined
  const parsed = field.safeParse(text)
  return parsed.success ? text : node.wrong(`${node.key}: ${shown(text)} ${parsed.error.issues[0]?.message ?? 'is not valid'}`)
}

function readFlag(node: ChangeNode): true | undefined {
  if (node.isAbsent || node.value === false) return undefined
  return node.value === true ? true : node.wrong(`${node.key} must be true or false, not ${shown(node.value)}`)
}

function readId(node: ChangeNode): string | undefined {
  if (node.isAbsent) return undefined
  const id = node.text()
  if (id === undefined || /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(id)) return id
  return node.wrong(`id ${shown(id)} is not a name`, { hint: 'letters, digits, `.`, `_` and `-`, at most 64' })
}

function readValidate(node: ChangeNode): readonly Template[] | undefined {
  if (node.isAbsent) return undefined
  const words = readWords(node)
  const isThere = JSON.stringify(node.value).includes('{}')
  if (words && !isThere)
    return node.wrong('validate does not name the file', { hint: 'write {} where its path goes: [nginx, -t, -c, "{}"]' })
  return words
}
