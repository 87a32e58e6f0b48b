import type { Check } from '../../core/check.ts'
import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeComponents, parameterNames, spokenBy, tryBuild } from '../../plan/file/components.ts'
import type { ChangeNode } from '../../plan/file/node.ts'
import { endpointType } from '../endpoint-types.ts'

/** The kind of check that an entry asks for: by `type`, else by the scheme of the endpoint. */
export async function componentOf(node: ChangeNode, components: ChangeComponents): Promise<Component<'check'> | undefined> {
  const [type, endpoint] = [node.child('type'), node.child('endpoint')]
  if (type.isAbsent && endpoint.isAbsent) {
    return node.wrong('this check looks at nothing', { hint: 'it needs an endpoint: or a type:' })
  }
  if (type.isAbsent) {
    const text = endpoint.text('an endpoint like https://example.com')
    const found = text === undefined ? undefined : endpointType(text)
    if (found === undefined) return undefined
    if ('problem' in found) return endpoint.wrong(`endpoint: ${found.problem}`, { hint: found.hint })
    return (await components.load('check', found.type)) as Component<'check'>
  }
  const name = type.text('the kind of a check')
  if (name === undefined) return undefined
  const types = components.types('check')
  if (types.includes(name)) return (await components.load('check', name)) as Component<'check'>
  const close = nearest(name, types)
  return type.wrong(`there is no check '${name}'`, { hint: close ? `did you mean ${close}?` : `there are ${types.join(', ')}` })
}

interface Building {
  readonly component: Component<'check'>
  readonly params: Json
  /** Where a parameter stands. */
  at(path: readonly (string | number)[]): ChangeNode
  /** Keys of the entry that are not the component's. */
  readonly keys: readonly string[]
}

/** The check of an entry; what its component has against it is noted at its place. */
export function buildCheck({ component, params, at, keys }: Building): Check | undefined {
  return tryBuild(component, {
    params,
    at,
    say: spokenBy(component.type),
    names: [...parameterNames(component), ...keys],
  })
}
