import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import { pathField } from '../core/host-fields.ts'
import { nearest } from '../core/nearest.ts'
import { configTree, textOf } from './config-tree.ts'
import type { Configuration } from './configuration.ts'
import { sha256Of } from './digest.ts'
import type { FileSpec } from './file/files.ts'
import type { SyncFile } from './file/sync-file.ts'
import { type Template, TemplateError, type TemplateScope } from './template.ts'

/** A file as one host gets it; hosts that get the same share the object. */
export interface RenderedFile {
  readonly spec: FileSpec
  readonly path: string
  readonly content: Buffer
  readonly sha256: string
  /** Words with `{}` for the path of the copy. */
  readonly validate?: readonly string[]
  /** The words of the action, where it is a command. */
  readonly run?: readonly string[]
}

/** The files of every host, in the order of the sync file. */
export interface Rendering {
  readonly hosts: readonly Host[]
  of(host: string): readonly RenderedFile[]
  /** Every distinct result once, with the hosts that get it. */
  readonly distinct: ReadonlyMap<RenderedFile, readonly string[]>
}

/** Fills in everything, here. @throws OpsError E_PLAN naming file, line and column of what can not be filled in */
export function renderFiles(sync: SyncFile, configuration: Configuration, hosts: readonly Host[]): Rendering {
  const config = configTree(configuration.entries)
  const known = new Map<string, RenderedFile>()
  const byHost = new Map<string, RenderedFile[]>(hosts.map(({ name }) => [name, []]))
  const distinct = new Map<RenderedFile, string[]>()
  for (const spec of sync.files) {
    const render = renderer(spec, configuration)
    let common: RenderedFile | undefined
    for (const host of hosts) {
      const fresh = common ?? render({ host: scopeOf(host), config })
      const file = interned(known, fresh)
      if (!usesHost(spec)) common = file
      byHost.get(host.name)?.push(file)
      distinct.set(file, [...(distinct.get(file) ?? []), host.name])
    }
  }
  return { hosts, distinct, of: host => byHost.get(host) ?? [] }
}

const scopeOf = ({ name, address = name, groups, labels, vars }: Host): TemplateScope['host'] => ({
  ...{ name, address, groups, labels, vars },
})

function interned(known: Map<string, RenderedFile>, file: RenderedFile): RenderedFile {
  const { spec, path, sha256, validate, run } = file
  const key = JSON.stringify([spec.id, path, sha256, validate, run])
  const same = known.get(key) ?? file
  known.set(key, same)
  return same
}

function usesHost({ content, to, validate = [], action }: FileSpec): boolean {
  const words = action?.is === 'run' ? action.words : []
  const templates = [to, ...validate, ...words, ...(content.is === 'template' ? [content.template] : [])]
  return templates.some(template => template.usesHost)
}

function renderer(spec: FileSpec, { entries }: Configuration): (scope: TemplateScope) => RenderedFile {
  const { to, validate, action } = spec
  const contentFor = contentOf(spec, entries)
  return scope => {
    const path = pathIn(filled(to, scope), spec)
    const content = contentFor(scope)
    return {
      ...{ spec, path, content, sha256: sha256Of(content) },
      ...(validate && { validate: validate.map(word => filled(word, scope)) }),
      ...(action?.is === 'run' && { run: action.words.map(word => filled(word, scope)) }),
    }
  }
}

function contentOf({ content, place, id }: FileSpec, entries: Configuration['entries']): (scope: TemplateScope) => Buffer {
  if (content.is === 'template') {
    return scope => {
      const text = filled(content.template, scope, content.path)
      refuseSecrets(text, `${content.path} for ${scope.host.name}`)
      return Buffer.from(text)
    }
  }
  const bytes = entries.get(content.key)
  if (bytes === undefined) {
    const close = nearest(content.key, entries.keys())
    throw new OpsError('E_PLAN', `${place}: ${id}: the source has no key ${content.key}`, {
      hint: close === undefined ? `it has ${entries.size} keys below the prefix` : `did you mean ${close}?`,
    })
  }
  refuseSecrets(textOf(bytes) ?? '', `${place}: the value of ${content.key}`)
  return () => Buffer.from(bytes)
}

/** They have their own way, which never goes through a plan: a journal keeps what it writes. */
function refuseSecrets(text: string, place: string): void {
  const [reference] = /\$\{secret:[^}]*\}/.exec(text) ?? []
  if (reference === undefined) return
  throw new OpsError('E_PLAN', `${place}: ${reference} can not be filled in: references to secrets are not supported yet`)
}

/** `path`: of a template that is a file. */
function filled(template: Template, scope: TemplateScope, path = ''): string {
  try {
    return template.render(scope)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { line, column, message, hint } = error
    const at = template.place ?? `${path}:${line}:${column}`
    throw new OpsError('E_PLAN', `${at}: ${message} (for ${scope.host.name})`, hint === undefined ? {} : { hint })
  }
}

function pathIn(path: string, { to, place, id }: FileSpec): string {
  const parsed = pathField().safeParse(path)
  if (parsed.success) return path
  throw new OpsError('E_PLAN', `${to.place ?? place}: ${id}: to: ${JSON.stringify(path)} ${parsed.error.issues[0]?.message}`)
}
