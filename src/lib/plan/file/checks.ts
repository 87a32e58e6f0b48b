import type { CheckSpec } from '../../core/check.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeComponents, parameterNames, paramsOf, spokenBy, tryBuild } from './components.ts'
import type { ChangeNode } from './node.ts'

const form = 'write `- port: { port: 443 }`'

/** A list of checks, each with the type as its only key; none where the key is absent. */
export async function readChecks(node: ChangeNode, components: ChangeComponents): Promise<CheckSpec[]> {
  if (node.isAbsent) return []
  const checks: CheckSpec[] = []
  for (const entry of node.entries(node.value === null ? undefined : form) ?? []) {
    const asked = askedCheck(entry, components)
    const check = asked && (await readCheck(asked, components))
    if (check) checks.push(check)
  }
  return checks
}

async function readCheck(node: ChangeNode, components: ChangeComponents): Promise<CheckSpec | undefined> {
  const type = node.key
  const params = paramsOf(node)
  if (params === undefined) return undefined
  const component = await components.load('check', type)
  tryBuild(component, { params, at: path => node.within(path), say: spokenBy(type), names: parameterNames(component) })
  return { type, params }
}

/** The one member of an entry. */
function askedCheck(entry: ChangeNode, components: ChangeComponents): ChangeNode | undefined {
  const members = entry.members('a check', form)
  if (!members) return undefined
  const types = components.types('check')
  const asked = [...members.values()].filter(({ key }) => types.includes(key))
  const others = [...members.values()].filter(({ key }) => !types.includes(key))
  const [first, second] = asked
  if (second)
    return second.wrong(`two checks in one entry: ${first?.key} and ${second.key}`, { part: 'key', hint: 'begin each with `- `' })
  if (!first) {
    const [unknown] = others
    return unknown ? unknownCheck(unknown, components) : entry.wrong('an entry without a check', { hint: form })
  }
  const hint =
    first.value === null
      ? `indent it further, below ${first.key}`
      : `put it into the braces of ${first.key}, or begin it with \`- \``
  for (const other of others) other.wrong(`'${other.key}' stands beside the check ${first.key}`, { part: 'key', hint })
  return others.length === 0 ? first : undefined
}

function unknownCheck(node: ChangeNode, components: ChangeComponents): undefined {
  const types = components.types('check')
  const isStep = components.types('step').includes(node.key)
  const close = nearest(node.key, types)
  const list = types.length > 0 ? `there are ${types.join(', ')}` : undefined
  const hint = close ? `did you mean ${close}?` : list
  return node.wrong(`there is no check '${node.key}'`, { part: 'key', hint: isStep ? `${node.key} is a step; ${hint}` : hint })
}
