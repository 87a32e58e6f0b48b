import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { type ChangeComponents, parameterNames } from '../../plan/file/components.ts'
import { type ChangeNode, isMapping, shown } from '../../plan/file/node.ts'
import { readTargets, readTime } from '../../plan/file/settings.ts'
import { contradiction } from '../contradiction.ts'
import { endpointTypes } from '../endpoint-types.ts'
import { samplingOf } from '../probed-check.ts'
import type { AskedCheck } from './asked-check.ts'
import { buildCheck, componentOf } from './component-of.ts'
import { readHeading } from './heading.ts'
import { type OwnParams, ownParams } from './own-params.ts'
import type { SamplingPool, WrittenSampling } from './sampling-pool.ts'

/** Keys of a check that are the engine's; all others are parameters of its kind. */
export const engineKeys = [
  'name',
  'type',
  'labels',
  'sla',
  'depends_on',
  'from',
  'targets',
  'interval',
  'retries',
  'failures',
  'of',
  'recoveries',
  'runbook',
] as const
/** Those of them, and `timeout`, that `defaults:` may give for all. */
export const defaultKeys = [
  'timeout',
  'labels',
  'sla',
  'from',
  'targets',
  'interval',
  'retries',
  'failures',
  'of',
  'recoveries',
  'runbook',
] as const
const samplingKeys = ['interval', 'retries', 'failures', 'of'] as const

interface Reading {
  readonly components: ChangeComponents
  /** The values below `defaults:`. */
  readonly defaults: ChangeNode
  readonly samplings: SamplingPool
}

/** Reads one check; what is wrong with it is noted. */
export async function readCheck(node: ChangeNode, { components, defaults, samplings }: Reading): Promise<AskedCheck | undefined> {
  const members = node.members('a check', 'write `- endpoint: https://example.com`')
  if (!members) return undefined
  const component = await componentOf(node, components)
  if (!component) return undefined
  const isEndpoint = endpointTypes.includes(component.type)
  const says = (key: string): boolean => !node.child(key).isAbsent
  const setting = (key: string): ChangeNode => (says(key) || isOutvoted(key, says) ? node.child(key) : defaults.child(key))
  const own = ownParams(node, { component, keys: engineKeys })
  const params = paramsWith(own, { setting, component })
  const check = buildCheck({ component, params, at: own.at, keys: [...engineKeys, 'params'] })
  const heading = readHeading(node, defaults)
  const isTaken = (key: string): boolean => own.taken.includes(key)
  const sampling = readSampling(key => (isTaken(key) ? defaults.child(key) : setting(key)))
  const from = isTaken('from') ? 'here' : readFrom(setting('from'))
  const targets = readTargets(setting('targets'))
  const named = node.child('name')
  const name = named.isAbsent || isTaken('name') ? defaultName(component.type, own.params) : named.text()
  if (!check || heading === undefined || from === undefined || sampling === undefined || name === undefined) return undefined
  if (targets !== undefined && isEndpoint && from === 'here' && !node.child('targets').isAbsent) {
    node.child('targets').wrong('targets of an endpoint that is asked from here', {
      part: 'key',
      hint: 'add `from: host` to ask it from each of them',
    })
  }
  if (check.isHeard && !node.child('targets').isAbsent)
    node.child('targets').wrong(`targets of a check that looks at no host`, { part: 'key', hint: 'leave them out' })
  const wanted = samplingOf(check, component.type)
  return {
    name,
    type: component.type,
    check,
    sampling: own.params['dimensions'] === undefined ? samplings.of(wanted, sampling) : wanted,
    isEndpoint,
    from,
    ...(targets && { targets }),
    ...heading,
    ...(isEndpoint && typeof own.params['endpoint'] === 'string' && { origin: originOf(own.params['endpoint']) }),
    definition: writtenOf(node, defaults),
    place: node.place,
  }
}

/** All that a check follows from. */
export const writtenOf = (node: ChangeNode, defaults: ChangeNode): string => JSON.stringify([node.value, defaults.value ?? null])

/** Whom an endpoint asks: `https://shop.example.com` of `https://shop.example.com/health`. */
const originOf = (endpoint: string): string => /^[^/]*\/\/(?:[^/@]*@)?([^/?#]*)/.exec(endpoint)?.[1] || endpoint

interface Wanted {
  readonly setting: (key: string) => ChangeNode
  readonly component: Component<'check'>
}

/** The parameters of an entry with the defaults that its component understands; figures of sampling go down to the dimensions that have none. */
function paramsWith(own: OwnParams, { setting, component }: Wanted): Json {
  const timeout = setting('timeout')
  const takesTimeout = parameterNames(component).includes('timeout') && !timeout.isAbsent
  const common = Object.fromEntries(
    samplingKeys.flatMap(key => {
      const found = setting(key).value
      return found === undefined ? [] : [[key, found]]
    }),
  )
  const params: Record<string, Json> = { ...(takesTimeout && { timeout: timeout.value as Json }), ...own.params }
  const dimensions = params['dimensions']
  if (!Array.isArray(dimensions)) return params
  return { ...params, dimensions: dimensions.map((each: Json) => (isMapping(each) ? withCommon(each, common) : each)) }
}

type Mapping = Readonly<Record<string, Json>>

function withCommon(own: Mapping, common: Mapping): Mapping {
  const wanted = Object.entries(common).filter(([key]) => !isOutvoted(key, each => own[each] !== undefined))
  return { ...Object.fromEntries(wanted), ...own }
}

/** Retries, and N of M looks, are two answers to one question: what stands nearer puts aside the other from further away. */
function isOutvoted(key: string, saysNear: (key: string) => boolean): boolean {
  const counts = saysNear('failures') || saysNear('of')
  if (key === 'retries') return counts
  return (key === 'failures' || key === 'of') && saysNear('retries') && !counts
}

function readSampling(setting: (key: string) => ChangeNode): WrittenSampling | undefined {
  const interval = setting('interval')
  const intervalMs = interval.isAbsent ? undefined : readTime(interval, { absent: 0, leastMs: 1 })
  const whole = (key: string, least: number): number | undefined => {
    const node = setting(key)
    if (node.isAbsent) return undefined
    const { value } = node
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 100) return value
    return node.wrong(`${key} must be a whole number from ${least} to 100, not ${shown(value)}`)
  }
  const [retries, failures, of] = [whole('retries', 0), whole('failures', 1), whole('of', 1)]
  if (of !== undefined && of < (failures ?? 1)) setting('of').wrong(`of: ${of} looks can not hold ${failures} bad ones`)
  const problem = contradiction({ retries, failures, of })
  if (problem) setting('retries').wrong(problem.message, { hint: problem.hint })
  return {
    ...(intervalMs !== undefined && { intervalMs }),
    ...(retries !== undefined && { retries }),
    ...(failures !== undefined && { failures }),
    ...(of !== undefined && { of }),
  }
}

function readFrom(node: ChangeNode): 'here' | 'host' | undefined {
  const { value } = node
  if (node.isAbsent || value === 'here') return 'here'
  if (value === 'host') return 'host'
  return node.wrong(`from must be here or host, not ${shown(value)}`, {
    hint: 'host: the check is made from each of its targets',
  })
}

const subjects = ['endpoint', 'path', 'name', 'port', 'unit', 'mount', 'key', 'pattern', 'pidfile', 'beat']

/** What a check without a name is called: an endpoint as it is written, others by their kind and what they look at. */
export function defaultName(type: string, params: Readonly<Record<string, Json>>): string {
  const { endpoint } = params
  if (typeof endpoint === 'string') return endpoint
  const subject = subjects.map(key => params[key]).find(each => typeof each === 'string' || typeof each === 'number')
  return subject === undefined ? type : `${type} ${subject}`
}
