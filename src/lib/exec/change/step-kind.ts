import type { Component } from '../../core/component.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeComponents, type ChangeKind, parameterNames } from '../../plan/file/components.ts'
import type { ChangeNode } from '../../plan/file/node.ts'

export type Role = 'step' | 'handler'

/** The kind of a step and what stands behind it. */
export interface AskedKind {
  readonly kind: string
  readonly node: ChangeNode
  /** Written as `run`, which is short for the kind `command`. */
  readonly short: boolean
}

/** Keys of a step besides its kind. `rollback` goes with `run`, `on` with handlers. */
export const stepKeys = ['id', 'precheck', 'verify', 'rollback'] as const
export const shortKey = 'run'
export const shortKind = 'command'

type Members = ReadonlyMap<string, ChangeNode>

interface Entry {
  readonly entry: ChangeNode
  readonly members: Members
  readonly role: Role
}

/** The one key of a step that is a kind. */
export function askedKind({ entry, members, role }: Entry, components: ChangeComponents): AskedKind | undefined {
  const types = components.types('step')
  const isKind = (key: string): boolean => key === shortKey || types.includes(key)
  const [first, second] = [...members.values()].filter(({ key }) => isKind(key))
  if (first && second) {
    return second.wrong(`two kinds in one ${role}: ${first.key} and ${second.key}`, {
      part: 'key',
      hint: 'make two steps of them',
    })
  }
  if (first) {
    const short = first.key === shortKey
    const kind = short ? shortKind : first.key
    return types.includes(kind) ? { kind, node: first, short } : noKind(first, components)
  }
  const known = keysOf(role)
  if ([...members.keys()].some(key => !known.includes(key))) return undefined
  return entry.wrong(`this ${role} does nothing`, { hint: `it needs one of ${[shortKey, ...types].join(', ')}` })
}

interface Keys {
  readonly members: Members
  readonly role: Role
  readonly asked: AskedKind | undefined
  readonly component: Component<ChangeKind> | undefined
}

/** Notes every key that does not belong into this step; false when there are some. */
export function judgeKeys({ members, role, asked, component }: Keys, components: ChangeComponents): boolean {
  const known = keysOf(role)
  const kinds = [shortKey, ...components.types('step')]
  const strays = [...members.values()].filter(({ key }) => !known.includes(key) && !kinds.includes(key))
  for (const node of members.values()) if (node.key === 'rollback' && asked && !asked.short) strayRollback(node, asked)
  for (const node of strays) {
    if (node.key === 'on') node.wrong('only handlers have on', { part: 'key', hint: 'move this below handlers:' })
    else if (asked && component)
      node.unknownKey(`unknown key '${node.key}' in a ${role}`, known, { hint: strayHint(node, asked, component) })
    else if (nearest(node.key, known)) node.unknownKey(`unknown key '${node.key}' in a ${role}`, known)
    else noKind(node, components)
  }
  return strays.length === 0
}

const keysOf = (role: Role): readonly string[] => (role === 'handler' ? [...stepKeys, 'on'] : stepKeys)

function strayRollback(node: ChangeNode, { kind }: AskedKind): void {
  const hint = kind === shortKind ? `put it into the braces of ${kind}` : `${kind} takes back what it changed by itself`
  node.wrong(`rollback beside ${kind}`, { part: 'key', hint })
}

/** A parameter in the wrong place is a slip of indentation. */
function strayHint({ key }: ChangeNode, { node, kind, short }: AskedKind, component: Component<ChangeKind>): string | undefined {
  if (key === 'notify') return 'a handler names the steps that it waits for: on: [ID]'
  if (node.value === null) return `indent it further, below ${node.key}`
  if (!parameterNames(component).includes(key)) return undefined
  return short ? `write ${kind}: { run: …, ${key}: … }` : `put it into the braces of ${kind}`
}

function noKind(node: ChangeNode, components: ChangeComponents): undefined {
  const types = components.types('step')
  const close = nearest(node.key, [shortKey, ...types])
  const known = close ? `did you mean ${close}?` : `there are ${[shortKey, ...types].join(', ')}`
  const isCheck = components.types('check').includes(node.key)
  const hint = isCheck ? `${node.key} is a check: put it below precheck or verify` : known
  return node.wrong(`there is no step kind '${node.key}'`, { part: 'key', hint })
}
