import type { CheckSpec } from '../../core/check.ts'
import type { YamlDocument } from '../../core/component.ts'
import type { FigureCondition } from '../../core/expression.ts'
import type { Json } from '../../core/json.ts'
import { readChecks } from '../../plan/file/checks.ts'
import type { ChangeComponents } from '../../plan/file/components.ts'
import { ChangeNode } from '../../plan/file/node.ts'
import { Problems } from '../../plan/file/problems.ts'
import { readName, readTargets, readTime } from '../../plan/file/settings.ts'
import type { FaultType } from '../fault-types.ts'
import { type BlastRadius, readBlastRadius } from './blast-radius.ts'
import { readConditions } from './conditions.ts'
import { type ProbeSpec, readProbes } from './probes.ts'
import { type Expectation, readDuration, readSteps } from './steps.ts'

/** A fault as a playbook asks for it. */
export interface AskedFault {
  readonly id: string
  readonly type: FaultType
  readonly params: Json
  /** Milliseconds from when all faults are in place until this one is healed. */
  readonly durationMs: number
  /** Node sets; absent for those of the whole drill. */
  readonly targets?: readonly string[]
  /** `path:line:column`. */
  readonly place: string
}

/** What a playbook says. */
export interface Playbook {
  /** As it was given. */
  readonly path: string
  readonly name: string
  readonly targets: readonly string[]
  readonly faults: readonly AskedFault[]
  /** Steps that expect something while the faults are in place. */
  readonly expectations: readonly Expectation[]
  /** Must pass before anything is broken, and when it is whole again. */
  readonly steady: readonly CheckSpec[]
  readonly probes: readonly ProbeSpec[]
  readonly objectives: readonly FigureCondition[]
  /** End the drill at once when they come true. */
  readonly aborts: readonly FigureCondition[]
  readonly blastRadius: BlastRadius
  /** How long the last fault is in place, milliseconds. */
  readonly durationMs: number
  /** So long a host waits for a sign of life before it heals itself, milliseconds of its boot clock. */
  readonly holdMs: number
  /** How long it may take until everything is steady again, milliseconds from the end of the faults. */
  readonly settleMs: number
  /** Of one step on one host, milliseconds. */
  readonly stepTimeoutMs: number
  /** How long healing waits for a host that can not be reached, milliseconds. */
  readonly undoTimeoutMs: number
}

export interface PlaybookSource {
  readonly path: string
  readonly document: YamlDocument
  readonly components: ChangeComponents
}

export const playbookKeys = [
  'name',
  'version',
  'targets',
  'duration',
  'hold',
  'settle',
  'timeout',
  'undo-timeout',
  'max-hosts',
  'forbid',
  'steady',
  'probes',
  'objectives',
  'abort',
  'steps',
] as const

const defaultDurationMs = 30_000
const defaultHoldMs = 30_000
const defaultSettleMs = 30_000
/** Shorter, and a busy host or a slow network would end a drill that goes well. */
export const leastHoldMs = 5000
const defaultTimeoutMs = 60_000
const defaultUndoTimeoutMs = 120_000

/** Reads a playbook whole. @throws OpsError E_PLAN for the first mistake, with all others in `data.problems` */
export async function readPlaybook({ path, document, components }: PlaybookSource): Promise<Playbook> {
  const problems = new Problems({ document, path })
  const top = new ChangeNode(document.value, problems)
  if (!judgeKeys(top)) problems.throwAny()
  if (!top.child('version').isAbsent) top.child('version').scalar('a version like 1.0')
  const written = await readSteps(top.child('steps'), components)
  const { expectations } = written
  const shared = readDuration(top.child('duration')) ?? defaultDurationMs
  const faults = written.faults.map(fault => ({ durationMs: shared, ...fault }))
  const probes = readProbes(top.child('probes'))
  const named = probes.map(({ name }) => name)
  for (const { probe, node } of expectations) {
    if (named.includes(probe.name)) node.wrong(`'${probe.name}' is a probe and a step`, { hint: 'give the step another id' })
  }
  const playbook: Playbook = {
    path,
    name: readName(top.child('name')) ?? '',
    targets: readTargets(top.child('targets')) ?? [],
    faults,
    expectations,
    steady: await readChecks(top.child('steady'), components),
    probes: [...probes, ...expectations.map(({ probe }) => probe)],
    objectives: readConditions(top.child('objectives'), named),
    aborts: readConditions(top.child('abort'), named),
    blastRadius: readBlastRadius(top),
    durationMs: Math.max(...faults.map(({ durationMs }) => durationMs), 1),
    holdMs: readTime(top.child('hold'), { absent: defaultHoldMs, leastMs: leastHoldMs }) ?? defaultHoldMs,
    settleMs: readTime(top.child('settle'), { absent: defaultSettleMs, leastMs: 0 }) ?? defaultSettleMs,
    stepTimeoutMs: readTime(top.child('timeout'), { absent: defaultTimeoutMs, leastMs: 1 }) ?? defaultTimeoutMs,
    undoTimeoutMs: readTime(top.child('undo-timeout'), { absent: defaultUndoTimeoutMs, leastMs: 0 }) ?? defaultUndoTimeoutMs,
  }
  problems.throwAny()
  return playbook
}

/** False when there are no keys at all. */
function judgeKeys(top: ChangeNode): boolean {
  const hint = 'a playbook has at least name: and steps:'
  if (top.value === null) return top.wrong('the file is empty', { hint }) ?? false
  const members = top.members('a playbook', hint)
  for (const [key, member] of members ?? []) {
    if (!playbookKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a playbook`, playbookKeys)
  }
  return members !== undefined
}
