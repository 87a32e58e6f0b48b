import type { Backend } from '../../core/backend.ts'
import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { parameterNames, paramsOf, spokenBy, tryBuild } from '../../plan/file/components.ts'
import type { ChangeNode } from '../../plan/file/node.ts'
import { readTime } from '../../plan/file/settings.ts'

/** Where the configuration comes from. */
export interface SourceSpec {
  /** Of a component of kind `backend`. */
  readonly type: string
  readonly params: Json
  readonly backend: Backend
  /** What every key begins with; left out of the names that the file uses. */
  readonly prefix: string
  /** Milliseconds; an older snapshot is not used. Absent: any. */
  readonly maxStaleMs?: number
}

interface Backends {
  readonly types: readonly string[]
  load(type: string): Promise<Component<'backend'>>
}

const form = 'write `source: { file: { path: config } }`'
const ownKeys = ['prefix', 'max-stale']

export async function readSource(node: ChangeNode, backends: Backends): Promise<SourceSpec | undefined> {
  if (node.isAbsent) return node.wrong('source is missing', { hint: form })
  const members = node.members('source', form)
  if (!members) return undefined
  const asked = askedBackend(node, members, backends.types)
  const prefix = node.child('prefix').isAbsent ? '' : node.child('prefix').text()
  const maxStaleMs = readTime(node.child('max-stale'), { absent: -1, leastMs: 0 })
  if (!asked) return undefined
  const params = paramsOf(asked)
  if (params === undefined) return undefined
  const component = await backends.load(asked.key)
  const backend = tryBuild(component, {
    params,
    at: path => asked.within(path),
    say: spokenBy(asked.key),
    names: parameterNames(component),
  })
  if (!backend || prefix === undefined || maxStaleMs === undefined) return undefined
  return { type: asked.key, params, backend, prefix, ...(maxStaleMs >= 0 && { maxStaleMs }) }
}

/** The one member that is no key of our own. */
function askedBackend(
  node: ChangeNode,
  members: ReadonlyMap<string, ChangeNode>,
  types: readonly string[],
): ChangeNode | undefined {
  const others = [...members.values()].filter(({ key }) => !ownKeys.includes(key))
  const known = others.filter(({ key }) => types.includes(key))
  for (const other of others) {
    if (known.includes(other)) continue
    const own = nearest(other.key, ownKeys)
    if (own) other.unknownKey(`unknown key '${other.key}' in source`, ownKeys)
    else other.unknownKey(`there is no backend '${other.key}'`, types)
  }
  const [first, second] = known
  if (second)
    return second.wrong(`two backends: ${first?.key} and ${second.key}`, { part: 'key', hint: 'one file has one source' })
  if (others.length === 0) return node.wrong('source names no backend', { hint: `${form}; there are ${types.join(', ')}` })
  return first
}
