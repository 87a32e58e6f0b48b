import type { Component, Kind, KindProducts } from '../../core/component.ts'
import type { Context } from '../../core/context.ts'
import { parameterNames, paramsOf, spokenBy, tryBuild } from '../../core/file-component.ts'
import { type FileNode, isMapping } from '../../core/file-node.ts'
import { nearest } from '../../core/nearest.ts'

/** What reading a file needs of the program. */
export type Components = Pick<Context, 'program' | 'component'>

interface Wanted<K extends Kind> {
  readonly kind: K
  /** Keys beside `type` that are not the component's: whoever asks reads them. */
  readonly besides: readonly string[]
}

/** A component with its parameters in one mapping, chosen by its `type`. Undefined where something is wrong, which is noted. */
export async function readComponent<K extends Kind>(
  { program, component }: Components,
  node: FileNode,
  { kind, besides }: Wanted<K>,
): Promise<{ readonly type: string; readonly built: KindProducts[K] } | undefined> {
  const types = program.components.filter(entry => entry.kind === kind && !entry.internal).map(({ type }) => type)
  const there = `there are ${types.join(', ')}`
  const called = `the ${kind} ${node.key}`
  if (!node.members(called, `it has a type:, ${there}`)) return undefined
  const typed = node.child('type')
  if (typed.isAbsent) return node.wrong(`${called} needs a type`, { hint: there })
  const type = typed.text()
  if (type === undefined) return undefined
  if (!types.includes(type)) {
    const close = nearest(type, types)
    return typed.wrong(`there is no ${kind} of type '${type}'`, { hint: close ? `did you mean ${close}?` : there })
  }
  const built = buildOf(await component(kind, type), node, besides)
  return built && { type, built }
}

function buildOf<K extends Kind>(found: Component<K>, node: FileNode, besides: readonly string[]): KindProducts[K] | undefined {
  const params = paramsOf(node)
  if (!isMapping(params)) return undefined
  const own = Object.fromEntries(Object.entries(params).filter(([key]) => key !== 'type' && !besides.includes(key)))
  return tryBuild(found, {
    params: own,
    at: path => node.within(path),
    say: spokenBy(found.type),
    names: ['type', ...besides, ...parameterNames(found)],
  })
}
