import type { Component } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { ParamsError } from '../../core/params.ts'
import type { ChangeComponents } from '../../plan/file/components.ts'
import { type ChangeNode, isMapping } from '../../plan/file/node.ts'
import { readTime } from '../../plan/file/settings.ts'
import { compileSubject } from '../assert/assertion.ts'
import { samplingOf } from '../probed-check.ts'
import { type Capture, type SuiteStep, suiteCheck } from '../suite.ts'
import { fillIn, type Variables } from '../suite-variables.ts'
import type { AskedCheck } from './asked-check.ts'
import { buildCheck, componentOf } from './component-of.ts'
import { readHeading } from './heading.ts'
import { type OwnParams, ownParams } from './own-params.ts'
import { defaultName } from './read-check.ts'

export const suiteKeys = ['name', 'labels', 'sla', 'depends_on', 'interval', 'timeout', 'variables', 'steps', 'cleanup'] as const
const stepKeys = ['name', 'type', 'capture'] as const
const form = 'write `steps: [{ name: login, endpoint: https://example.com/login }]`'
const defaultTimeoutMs = 30_000
/** Filled in by every run: a text that no other run has. */
const ownVariables = ['run_id'] as const

interface Reading {
  readonly components: ChangeComponents
  readonly defaults: ChangeNode
}

/** Reads checks that are made one after the other and share variables. */
export async function readSuite(node: ChangeNode, { components, defaults }: Reading): Promise<AskedCheck | undefined> {
  const members = node.members('a suite', form)
  if (!members) return undefined
  for (const [key, member] of members) {
    if (!suiteKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a suite`, suiteKeys)
  }
  const name = node.child('name').isAbsent ? node.wrong('a suite needs a name') : node.child('name').text()
  const heading = readHeading(node, defaults)
  const timeoutMs = readTime(node.child('timeout'), { absent: defaultTimeoutMs, leastMs: 1 })
  const variables = readVariables(node.child('variables'))
  const known = new Set<string>([...Object.keys(variables), ...ownVariables])
  const steps = await readSteps(node.child('steps'), { components, known, variables })
  const cleanup = node.child('cleanup').isAbsent ? [] : await readSteps(node.child('cleanup'), { components, known, variables })
  if (name === undefined || heading === undefined || timeoutMs === undefined || !steps || !cleanup) return undefined
  const check = suiteCheck(name, { variables, steps, cleanup, timeoutMs })
  const intervalMs = node.child('interval').isAbsent ? undefined : readTime(node.child('interval'), { absent: 0, leastMs: 1 })
  const sampling = samplingOf(check, 'suite').map(each => ({ ...each, ...(intervalMs !== undefined && { intervalMs }) }))
  return {
    name,
    type: 'suite',
    check,
    sampling,
    isEndpoint: true,
    ...heading,
    from: 'here',
    definition: JSON.stringify([node.value, defaults.value ?? null]),
    place: node.place,
  }
}

function readVariables(node: ChangeNode): Record<string, Json> {
  if (node.isAbsent) return {}
  const entries = [...(node.members('variables', 'write `variables: { user: probe }`') ?? [])]
  return Object.fromEntries(
    entries.flatMap(([key, member]) => {
      if (/^[A-Za-z_]\w*$/.test(key)) return [[key, member.value ?? '']]
      return member.wrong(`'${key}' can not be the name of a variable`, { part: 'key', hint: 'letters, digits and _' }) ?? []
    }),
  )
}

interface Steps {
  readonly components: ChangeComponents
  /** Names that a step may use; what it captures is added for those after it. */
  readonly known: Set<string>
  readonly variables: Variables
}

async function readSteps(node: ChangeNode, steps: Steps): Promise<SuiteStep[] | undefined> {
  if (node.isAbsent) return node.wrong('a suite needs steps', { hint: form })
  const read: SuiteStep[] = []
  for (const entry of node.entries(form) ?? []) {
    const step = await readStep(entry, steps)
    if (step && read.some(({ name }) => name === step.name))
      entry.wrong(`two steps are called '${step.name}'`, { hint: 'give each a name: of its own' })
    else if (step) read.push(step)
  }
  return read
}

async function readStep(node: ChangeNode, { components, known, variables }: Steps): Promise<SuiteStep | undefined> {
  if (!node.members('a step', form)) return undefined
  const component = await componentOf(node, components)
  if (!component) return undefined
  const own = ownParams(node, { component, keys: stepKeys })
  const { params } = own
  tryWithValues(node, { component, own, known, variables })
  const captures = readCaptures(node.child('capture'))
  for (const each of captures.keys()) known.add(each)
  const named = node.child('name')
  const name = named.isAbsent || own.taken.includes('name') ? defaultName(component.type, params) : named.text()
  return name === undefined ? undefined : { name, component, params, captures }
}

interface Trying {
  readonly component: Component<'check'>
  readonly own: OwnParams
  readonly known: ReadonlySet<string>
  readonly variables: Variables
}

/** Builds the step as a run would, with a word in place of what is known only then. */
function tryWithValues(node: ChangeNode, { component, own, known, variables }: Trying): void {
  const missing = new Set<string>()
  const later = Object.fromEntries([...known].map(name => [name, variables[name] ?? 'captured']))
  const filled = fillIn(own.params, later, missing)
  for (const name of missing) node.wrong(`\${${name}} is not known here`, { hint: `there are ${[...known].join(', ')}` })
  if (missing.size === 0) buildCheck({ component, params: filled, at: own.at, keys: stepKeys })
}

function readCaptures(node: ChangeNode): Map<string, Capture> {
  const captures = new Map<string, Capture>()
  if (node.isAbsent) return captures
  const hint = 'write `capture: { token: { jsonpath: $.token } }`'
  for (const [name, member] of node.members('capture', hint) ?? []) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      member.wrong(`'${name}' can not be the name of a variable`, { part: 'key', hint: 'letters, digits and _' })
    else if (!isMapping(member.value)) member.wrong(`capture: ${name} must be keys and values`, { hint })
    else {
      try {
        captures.set(name, compileSubject(member.value, []))
      } catch (error) {
        if (!(error instanceof ParamsError)) throw error
        member.within(error.path).wrong(error.message, { hint: error.hint })
      }
    }
  }
  return captures
}
