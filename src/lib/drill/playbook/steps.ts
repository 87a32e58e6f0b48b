import type { Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { type ChangeComponents, parameterNames, paramsOf, spokenBy, tryBuild } from '../../plan/file/components.ts'
import { type ChangeNode, isMapping, shown } from '../../plan/file/node.ts'
import { readTargets, readTime } from '../../plan/file/settings.ts'
import { type FaultType, faultTypes } from '../fault-types.ts'
import type { AskedFault } from './playbook.ts'
import { type ProbeSpec, readStatus, readUrl } from './probes.ts'

/** A fault whose time may be that of the whole drill. */
type WrittenFault = Omit<AskedFault, 'durationMs'> & Partial<Pick<AskedFault, 'durationMs'>>

/** A step that must succeed within a time from the injection on. */
export interface Expectation {
  readonly probe: ProbeSpec
  readonly withinMs: number
  /** Where it stands. */
  readonly node: ChangeNode
}

interface Steps {
  readonly faults: readonly WrittenFault[]
  readonly expectations: readonly Expectation[]
}

/** The one type of step that is no fault. */
export const endpointType = 'http'
const isFault = (type: string): type is FaultType => faultTypes.some(known => known === type)
const stepTypes: readonly string[] = [...faultTypes, endpointType]
const commonKeys = ['id', 'type'] as const
const faultKeys = [...commonKeys, 'targets', 'duration'] as const
const endpointKeys = [...commonKeys, 'endpoint', 'expect_status', 'timeout'] as const
const maxDurationMs = 24 * 3600_000
const form = 'write `- { type: process-pause, name: redis-server, targets: db1, duration: 30s }`'

/** The longest time that one request of an endpoint step may take, and how often it is sent. */
const requestMs = 5000
const endpointEveryMs = 250

export async function readSteps(node: ChangeNode, components: ChangeComponents): Promise<Steps> {
  const faults: WrittenFault[] = []
  const expectations: Expectation[] = []
  const ids = new Map<string, ChangeNode>()
  for (const entry of stepEntries(node)) {
    const asked = askedType(entry)
    if (!asked) continue
    const id = readId(entry, asked, ids)
    if (asked === endpointType) expectations.push(...readEndpoint(entry, id))
    else if (isFault(asked)) faults.push(...(await readFault(entry, { id, type: asked }, components)))
  }
  if (faults.length === 0 && Array.isArray(node.value) && node.value.length > 0 && expectations.length === node.value.length) {
    node.wrong('no step breaks anything', { hint: `there are ${faultTypes.join(', ')}` })
  }
  return { faults, expectations }
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
  { id, type }: { readonly id: string; readonly type: FaultType },
  components: ChangeComponents,
): Promise<WrittenFault[]> {
  const whole = paramsOf(entry)
  if (!isMapping(whole)) return []
  const own: readonly string[] = faultKeys
  const params: Json = Object.fromEntries(Object.entries(whole).filter(([key]) => !own.includes(key)))
  const component = await components.load('step', type)
  const known = parameterNames(component).filter(name => name !== 'lasts')
  tryBuild(component, { params, at: path => entry.within(path), say: spokenBy(type), names: [...known, ...faultKeys] })
  const targets = readTargets(entry.child('targets'))
  const durationMs = readDuration(entry.child('duration'))
  const place = entry.place
  return [{ id, type, params, place, ...(targets && { targets }), ...(durationMs !== undefined && { durationMs }) }]
}

/** How long faults are in place; undefined where nothing is said. */
export function readDuration(node: ChangeNode): number | undefined {
  if (node.isAbsent) return undefined
  const ms = readTime(node, { absent: 0, leastMs: 1 })
  return ms !== undefined && ms > maxDurationMs ? node.wrong('duration is more than a day') : ms
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
