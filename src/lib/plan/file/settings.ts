import { formatDuration, parseDuration } from '../../core/duration.ts'
import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import type { RollbackScope } from '../../core/plan.ts'
import { type MaxFail, parseMaxFail } from '../../fleet/index.ts'
import { type ChangeNode, shown } from './node.ts'

const scopes = ['host', 'wave', 'run'] as const satisfies readonly RollbackScope[]
const maxNameLength = 200
/** What timers can hold: 24 days. */
const maxTimeMs = 2 ** 31 - 1

export function readName(node: ChangeNode): string | undefined {
  const name = node.isAbsent ? node.wrong('name is missing', { hint: 'say in a few words what the change does' }) : node.text()
  if (name === undefined || (/^\P{Cc}*$/u.test(name) && name.length <= maxNameLength)) return name
  return node.wrong(`name must be one line of at most ${maxNameLength} characters`)
}

/** One node set, or a list of them. What they name is seen when the inventory is read. */
export function readTargets(node: ChangeNode): readonly string[] | undefined {
  if (node.isAbsent) return undefined
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  if (nodes.length === 0) return node.wrong('targets is an empty list', { hint: 'leave it out to give targets with -t' })
  return nodes.flatMap(each => each.text('a node set or a list of them') ?? [])
}

export function readScope(node: ChangeNode): RollbackScope | undefined {
  if (node.isAbsent) return 'run'
  const scope = scopes.find(each => each === node.value)
  if (scope) return scope
  const close = typeof node.value === 'string' ? nearest(node.value, scopes) : undefined
  return node.wrong(`rollback must be host, wave or run, not ${shown(node.value)}`, {
    hint: close ? `did you mean ${close}?` : 'it says what a failure takes back: the failed host, its wave or everything',
  })
}

/** Milliseconds. */
export function readTime(node: ChangeNode, { absent, leastMs }: { absent: number; leastMs: number }): number | undefined {
  if (node.isAbsent) return absent
  const text = node.scalar('a time like 30s')
  if (text === undefined) return undefined
  const time = noted(node, () => parseDuration(text))
  if (time === undefined) return undefined
  if (time < leastMs)
    return node.wrong(`${node.key} must be ${leastMs > 1 ? `at least ${formatDuration(leastMs)}` : 'more than 0'}`)
  if (time > maxTimeMs) return node.wrong(`${node.key}: ${text} is more than 24 days`)
  return time
}

export function readMaxFail(node: ChangeNode): MaxFail | undefined {
  if (node.isAbsent) return undefined
  const text = node.scalar('a number of hosts or a share of them')
  return text === undefined ? undefined : noted(node, () => parseMaxFail(text))
}

/** Parsers of flags say in an OpsError what is wrong with a text. */
function noted<T>(node: ChangeNode, parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    return node.wrong(`${node.key}: ${error.message}`, { hint: error.hint })
  }
}
