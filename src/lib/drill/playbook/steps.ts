import { formatDuration } from '../../core/duration.ts'
import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeComponents, parameterNames, paramsOf, spokenBy, tryBuild } from '../../plan/file/components.ts'
import { type ChangeNode, isMapping, shown } from '../../plan/file/node.ts'
import { readTargets, readTime } from '../../plan/file/settings.ts'
import { faultTypes } from '../fault-types.ts'
import type { AskedFault } from './playbook.ts'
import { type ProbeSpec, readStatus, readUrl } from './probes.ts'

/** A step that must succeed within a time from the injection on. */
export interface Expectation {
  readonly probe: ProbeSpec
  readonly withinMs: number
  /** Where it stands. */
  readonly node: ChangeNode
}

interface Steps {
  readonly faults: readonly AskedFault[]
  readonly expectations: readonly Expectation[]
  /** What the faults say of it; undefined where none does. */
  readonly durationMs: number | undefined
}

/** The one type of step that is no fault. */
export const endpointType = 'http'
const stepTypes: readonly string[] = [...faultTypes, endpointType]
const commonKeys = ['id', 'type'] as const
const faultKeys = [...commonKeys, 'targets', 'duration'] as const
const endpointKeys = [...commonKeys, 'endpoint', 'expect_status', 'timeout'] as const
const form = 'write `- { type: process-pause, name: redis-server, targets: db1, duration: 30s }`'

/** The longest time that one request of an endpoint step may take, and how often it is sent. */
const requestMs = 5000
const endpointEveryMs = 250

export async function readSteps(node: ChangeNode, components: ChangeComponents): Promise<Steps> {
  const faults: AskedFault[] = []
  const expectations: Expectation[] = []
  const durations: { readonly ms: number; readonly node: ChangeNode }[] = []
  const ids = new Map<string, ChangeNode>()
  for (const entry of stepEntries(node)) {
    const asked = askedType(entry)
    if (!asked) continue
    const id = readId(entry, asked, ids)
    if (asked === endpointType) expectations.push(...readEndpoint(entry, id))
    else faults.push(...(await readFault(entry, { id, type: asked }, components)))
    const duration = entry.child('duration')
    const ms = duration.isAbsent || asked === endpointType ? undefined : readTime(duration, { absent: 0, leastMs: 1 })
    if (ms !== undefined) durations.push({ ms, node: duration })
  }
  if (faults.length === 0 && Array.isArray(node.value) && node.value.length > 0 && expectations.length === node.value.length) {
    node.wrong('no step breaks anything', { hint: `there are ${faultTypes.join(', ')}` })
  }
  return { faults, expectations, durationMs: sameDuration(durations) }
}

function stepEntries(node: ChangeNode): readonly ChangeNode[] {
  if (node.isAbsent) return node.wrong('steps is missing', { hint: form }) ?? []
  const entries = node.entries(form)
  return entries?.length === 0 ? (node.wrong('steps is empty', { hint: form }) ?? []) : (entries ?? [])
}

function askedType(entry: ChangeNode): string | undefined {
  if (!entry.members('a step', form)) return undefined
  const node = entry.child('type')
  if (node.isAbsent) {
    const close = Object.keys(isMapping(entry.value) ? entry.value : {}).find(key => stepTypes.includes(key))
    return entry.wrong('this step has no type', { hint: close ? `write type: ${close}` : form })
  }
  const type = node.text('the type of a fault')
  if (type === undefined || stepTypes.includes(type)) return type
  const close = nearest(type, stepTypes)
  return node.wrong(`there is no fault '${type}'`, {
    hint: close ? `did you mean ${close}?` : `there are ${stepTypes.join(', ')}`,
  })
}

/** What is written, else `process-pause-2` for the second step. */
function readId(entry: ChangeNode, type: string, ids: Map<string, ChangeNode>): string {
  const node = entry.child('id')
  const id = node.isAbsent ? `${type}-${Number(entry.keys.at(-1)) + 1}` : (node.text() ?? '')
  if (!node.isAbsent && !/^[A-Za-z][\w-]{0,40}$/.test(id))
    node.wrong(`${shown(id)} can not be an id`, { hint: 'letters, digits, _ and -' })
  const other = ids.get(id)
  if (other) entry.wrong(`the id '${id}' is there twice`, { hint: `the other is on line ${other.line}` })
  ids.set(id, entry)
  return id
}

async function readFault(
  entry: ChangeNode,
  { id, type }: { readonly id: string; readonly type: string },
  components: ChangeComponents,
): Promise<AskedFault[]> {
  const whole = paramsOf(entry)
  if (!isMapping(whole)) return []
  const own: readonly string[] = faultKeys
  const params: Json = Object.fromEntries(Object.entries(whole).filter(([key]) => !own.includes(key)))
  const component = await components.load('step', type)
  const known = parameterNames(component).filter(name => name !== 'lasts')
  tryBuild(component, { params, at: path => entry.within(path), say: spokenBy(type), names: [...known, ...faultKeys] })
  const targets = readTargets(entry.child('targets'))
  return [{ id, type, params, place: entry.place, ...(targets && { targets }) }]
}

function readEndpoint(entry: ChangeNode, id: string): Expectation[] {
  for (const [key, member] of entry.members('a step') ?? []) {
    if (!endpointKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a step of type http`, endpointKeys)
  }
  const endpoint = entry.child('endpoint')
  const url = endpoint.isAbsent
    ? endpoint.wrong('endpoint is missing', { hint: 'write endpoint: http://web1/health' })
    : readUrl(endpoint)
  const status = readStatus(entry.child('expect_status'))
  const withinMs = readTime(entry.child('timeout'), { absent: 30_000, leastMs: 1 })
  if (url === undefined || status === undefined || withinMs === undefined) return []
  const timeoutMs = Math.min(withinMs, requestMs)
  return [{ probe: { name: id, asks: { is: 'http', url, status }, everyMs: endpointEveryMs, timeoutMs }, withinMs, node: entry }]
}

/** All faults of a drill are in place together: what is seen is seen of all of them. */
function sameDuration(durations: readonly { readonly ms: number; readonly node: ChangeNode }[]): number | undefined {
  const [first, ...others] = durations
  if (!first) return undefined
  for (const { ms, node } of others) {
    if (ms === first.ms) continue
    node.wrong(
      `the faults of a drill are in place together, and the one on line ${first.node.line} for ${formatDuration(first.ms)}`,
      {
        hint: 'give them the same duration, or make two drills of them',
      },
    )
  }
  return first.ms
}
