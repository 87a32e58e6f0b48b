import { createHash } from 'node:crypto'
import type { Component, YamlDocument } from '../../core/component.ts'
import type { ChangeComponents } from '../../plan/file/components.ts'
import { type Conduct, conductKeys, readConduct } from '../../plan/file/conduct.ts'
import { ChangeNode } from '../../plan/file/node.ts'
import { Problems } from '../../plan/file/problems.ts'
import { readName } from '../../plan/file/settings.ts'
import type { ReadSource } from '../../plan/file/source.ts'
import { type FileSpec, readFiles } from './files.ts'
import { type Policy, readPolicies } from './policies.ts'
import { readSource, type SourceSpec } from './source.ts'

/** What a sync file says: which configuration goes where, and how. */
export interface SyncFile {
  readonly name: string
  readonly source: SourceSpec
  readonly files: readonly FileSpec[]
  readonly policies: readonly Policy[]
  readonly conduct: Conduct
  /** As it was given. */
  readonly path: string
  /** Where relative paths in it begin. */
  readonly directory: string
  /** Of its text, lower-case hex. */
  readonly sha256: string
}

export interface SyncTools {
  readonly components: ChangeComponents
  readonly backends: { readonly types: readonly string[]; load(type: string): Promise<Component<'backend'>> }
  /** Templates and schemas. */
  readonly readLocal: ReadSource
}

interface SyncText extends SyncTools {
  readonly path: string
  readonly directory: string
  readonly text: string
  /** Of `text`. */
  readonly document: YamlDocument
}

export const syncKeys = ['name', 'source', 'files', 'policy', ...conductKeys] as const

/** Reads a sync file whole, with the local files that it names. @throws OpsError E_PLAN for the first mistake, with all others in `data.problems` */
export async function readSyncFile({ path, directory, text, document, ...tools }: SyncText): Promise<SyncFile> {
  const problems = new Problems({ document, path })
  const top = new ChangeNode(document.value, problems)
  if (!judgeKeys(top)) problems.throwAny()
  const name = readName(top.child('name'))
  const source = await readSource(top.child('source'), tools.backends)
  const files = await readFiles(top.child('files'), tools.readLocal)
  const policies = readPolicies(top.child('policy'))
  const conduct = await readConduct(top, tools.components)
  problems.throwAny()
  if (name === undefined || source === undefined) throw new Error('a sync file without name or source has no problems')
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { name, source, files, policies, conduct, path, directory, sha256 }
}

/** False when there are no keys at all. */
function judgeKeys(top: ChangeNode): boolean {
  const hint = 'a sync file has at least name:, source: and files:'
  if (top.value === null) return top.wrong('the file is empty', { hint }) ?? false
  const members = top.members('a sync file', hint)
  for (const [key, member] of members ?? []) {
    if (!syncKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a sync file`, syncKeys)
  }
  return members !== undefined
}
