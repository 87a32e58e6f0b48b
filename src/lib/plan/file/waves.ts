import type { WaveSpec } from '../../core/plan.ts'
import { type ChangeNode, isMapping, shown } from './node.ts'

const forms = 'write 1 for a count, 10% for a share, or { label: role, value: canary }'

/** The waves in their order; one of all hosts where the file says nothing. */
export function readWaves(node: ChangeNode): readonly WaveSpec[] | undefined {
  if (node.isAbsent) return [{ percent: 100 }]
  const entries = node.entries('write [1, 10%, 100%], the smallest first')
  if (entries?.length === 0) return node.wrong('waves is an empty list', { hint: forms })
  return entries?.flatMap(entry => readWave(entry) ?? [])
}

function readWave(node: ChangeNode): WaveSpec | undefined {
  const { value } = node
  if (isMapping(value)) return labelled(node)
  const [, figure, sign] =
    typeof value === 'number' || typeof value === 'string' ? (/^(\d+(?:\.\d+)?)(%?)$/.exec(String(value)) ?? []) : []
  if (figure === undefined) return node.wrong(`a wave can not be ${shown(value)}`, { hint: forms })
  const number = Number(figure)
  if (number === 0) return node.wrong(`a wave of ${shown(value)} has no hosts`, { hint: forms })
  if (sign !== '%') {
    if (Number.isSafeInteger(number)) return { count: number }
    return node.wrong(`a wave can not be ${shown(value)} hosts`, {
      hint: `for a share write ${number <= 1 ? number * 100 : number}%`,
    })
  }
  return number <= 100
    ? { percent: number }
    : node.wrong(`a wave can not be ${shown(value)} of the hosts`, { hint: 'at most 100%' })
}

const labelKeys = ['label', 'value']

function labelled(node: ChangeNode): WaveSpec | undefined {
  const members = node.members('a wave') ?? new Map<string, ChangeNode>()
  for (const [key, member] of members)
    if (!labelKeys.includes(key)) member.unknownKey(`unknown key '${key}' in a wave`, labelKeys)
  const [label, value] = labelKeys.map(key => {
    const member = node.child(key)
    return member.isAbsent
      ? node.wrong(`a wave by label has no ${key}`, { hint: 'write { label: role, value: canary }' })
      : member.text()
  })
  return label === undefined || value === undefined ? undefined : { label, value }
}
