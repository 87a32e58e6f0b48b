import { createHash } from 'node:crypto'
import type { YamlDocument } from '../../core/component.ts'
import type { Plan } from '../../core/plan.ts'
import type { MaxFail } from '../../fleet/index.ts'
import { readChecks } from './checks.ts'
import type { ChangeComponents } from './components.ts'
import { ChangeNode } from './node.ts'
import { Problems } from './problems.ts'
import { readMaxFail, readName, readScope, readTargets, readTime } from './settings.ts'
import type { ReadSource } from './source.ts'
import { readSteps } from './steps.ts'
import { readWaves } from './waves.ts'

/** What a change file says. */
export interface Change {
  readonly plan: Plan
  /** Node sets; absent where the command line must name the targets. */
  readonly targets?: readonly string[]
  readonly maxFail?: MaxFail
  /** Where each of the plan's waves stands, `path:line:column`; none where the file names none. */
  readonly wavePlaces: readonly string[]
  /** Of one step on one host. */
  readonly stepTimeoutMs: number
  /** How long an undo waits for a host that can not be reached. */
  readonly undoTimeoutMs: number
  /** As it was given. */
  readonly path: string
  /** Of the file's text, in hex. Files that it names as `source` are in the plan itself. */
  readonly sha256: string
}

export interface ChangeSource {
  readonly path: string
  readonly text: string
  /** Of `text`. */
  readonly document: YamlDocument
  readonly components: ChangeComponents
  readonly readSource: ReadSource
}

export const changeKeys = [
  'name',
  'targets',
  'waves',
  'pause',
  'rollback',
  'max-fail',
  'timeout',
  'undo-timeout',
  'hold',
  'confirm',
  'precheck',
  'gates',
  'steps',
  'handlers',
] as const

const defaultTimeoutMs = 5 * 60_000
/** As long as a server takes to boot. */
const defaultUndoTimeoutMs = 2 * 60_000

/**
 * Reads a change file whole: what it returns names only kinds and types that are there, with parameters that they take.
 * @throws OpsError E_PLAN for the first mistake, with all others in `data.problems`
 */
export async function readChange({ path, text, document, components, readSource }: ChangeSource): Promise<Change> {
  const problems = new Problems({ document, path })
  const top = new ChangeNode(document.value, problems)
  if (!judgeKeys(top)) problems.throwAny()
  const targets = readTargets(top.child('targets'))
  const maxFail = readMaxFail(top.child('max-fail'))
  const stepTimeoutMs = readTime(top.child('timeout'), { absent: defaultTimeoutMs, leastMs: 1 }) ?? defaultTimeoutMs
  const undoTime = readTime(top.child('undo-timeout'), { absent: defaultUndoTimeoutMs, leastMs: 0 })
  const undoTimeoutMs = undoTime ?? defaultUndoTimeoutMs
  const plan: Plan = {
    name: readName(top.child('name')) ?? '',
    precheck: await readChecks(top.child('precheck'), components),
    steps: await readSteps(top, { components, readSource }),
    waves: readWaves(top.child('waves')) ?? [],
    pauseMs: readTime(top.child('pause'), { absent: 0, leastMs: 0 }) ?? 0,
    gates: await readChecks(top.child('gates'), components),
    rollback: readScope(top.child('rollback')) ?? 'run',
    ...(await readHold(top, components)),
  }
  problems.throwAny()
  const sha256 = createHash('sha256').update(text).digest('hex')
  const wavePlaces = placesIn(top.child('waves'))
  return {
    plan,
    ...(targets && { targets }),
    ...(maxFail && { maxFail }),
    wavePlaces,
    stepTimeoutMs,
    undoTimeoutMs,
    path,
    sha256,
  }
}

const placesIn = (list: ChangeNode): string[] =>
  Array.isArray(list.value) ? list.value.map((_, index) => list.child(index).place) : []

/** Shorter, and a busy host or a slow network would take back what is wanted. */
const leastHoldMs = 5000

async function readHold(top: ChangeNode, components: ChangeComponents): Promise<Pick<Plan, 'hold'>> {
  const [hold, confirm] = [top.child('hold'), top.child('confirm')]
  if (hold.isAbsent) {
    if (!confirm.isAbsent)
      confirm.wrong('confirm is there without hold', { part: 'key', hint: 'say with hold: how long a host waits for it' })
    return {}
  }
  const ttlMs = readTime(hold, { absent: 0, leastMs: leastHoldMs })
  const checks = await readChecks(confirm, components)
  return ttlMs === undefined ? {} : { hold: { ttlMs, confirm: checks } }
}

/** Words of other tools for what a change calls differently. */
const foreignKeys: Readonly<Record<string, string>> = {
  hosts: 'targets',
  tasks: 'steps',
  serial: 'waves',
  max_fail_percentage: 'max-fail',
}

/** False when there are no keys at all. */
function judgeKeys(top: ChangeNode): boolean {
  const hint = 'a change has at least name: and steps:'
  if (top.value === null) return top.wrong('the file is empty', { hint }) ?? false
  const members = top.members('a change', hint)
  for (const [key, member] of members ?? []) {
    if (isKnown(key)) continue
    const meant = Object.hasOwn(foreignKeys, key) ? foreignKeys[key] : undefined
    member.unknownKey(`unknown key '${key}' in a change`, changeKeys, { ...(meant && { meant }) })
  }
  return members !== undefined
}

const isKnown = (key: string): boolean => changeKeys.some(known => known === key)
