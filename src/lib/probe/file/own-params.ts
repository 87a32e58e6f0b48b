import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { parameterNames, paramsOf } from '../../plan/file/components.ts'
import { type ChangeNode, isMapping } from '../../plan/file/node.ts'

/** What of an entry is its component's. */
export interface OwnParams {
  readonly params: Readonly<Record<string, Json>>
  /** Where a parameter stands. */
  at(path: readonly (string | number)[]): ChangeNode
  /** Keys beside the type that mean the component's parameter, and not what they mean elsewhere. */
  readonly taken: readonly string[]
}

interface Asked {
  readonly component: Component<'check'>
  /** Keys that are not the component's, unless it has one of them itself. */
  readonly keys: readonly string[]
}

/**
 * The parameters of an entry stand beside its other keys: `{ type: service, name: ssh }`. Below `params:` they stand by themselves, for
 * those that are called like another key, or for a check with a name of its own:
 * `{ name: data, type: mount, params: { path: /srv, type: xfs } }`.
 */
export function ownParams(node: ChangeNode, { component, keys }: Asked): OwnParams {
  const names = parameterNames(component)
  const deep = node.child('params')
  if (!deep.isAbsent && !names.includes('params')) {
    const members = deep.members('params', 'write `params: { name: ssh }`')
    for (const [key, member] of node.members('a check') ?? []) {
      if (key !== 'params' && !keys.includes(key))
        member.wrong(`'${key}' stands beside params`, { part: 'key', hint: 'put all parameters there' })
    }
    const value = members && paramsOf(deep)
    return { params: isMapping(value) ? (value as Record<string, Json>) : {}, at: path => deep.within(path), taken: [] }
  }
  const taken = keys.filter(key => key !== 'type' && names.includes(key))
  const value = paramsOf(node)
  const own = Object.entries(isMapping(value) ? value : {}).filter(([key]) => !keys.includes(key) || taken.includes(key))
  return { params: Object.fromEntries(own) as Record<string, Json>, at: path => node.within(path), taken }
}
