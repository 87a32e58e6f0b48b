import type { Plan } from '../../core/plan.ts'
import type { MaxFail } from '../../fleet/index.ts'
import { readChecks } from './checks.ts'
import type { ChangeComponents } from './components.ts'
import type { ChangeNode } from './node.ts'
import { readMaxFail, readScope, readTargets, readTime } from './settings.ts'
import { readWaves } from './waves.ts'

/** How a change is made, whatever it does. */
export interface Conduct {
  /** Node sets; absent where the command line must name the targets. */
  readonly targets?: readonly string[]
  readonly maxFail?: MaxFail
  /** Where each of the plan's waves stands, `path:line:column`; none where the file names none. */
  readonly wavePlaces: readonly string[]
  /** Of one step on one host. */
  readonly stepTimeoutMs: number
  /** How long an undo waits for a host that can not be reached. */
  readonly undoTimeoutMs: number
  /** Everything of the plan but what it does. */
  readonly plan: Omit<Plan, 'name' | 'steps'>
}

export const conductKeys = [
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
] as const

const defaultTimeoutMs = 5 * 60_000
/** As long as a server takes to boot. */
const defaultUndoTimeoutMs = 2 * 60_000

/** What the file says under these keys; what is wrong is noted at its place. */
export async function readConduct(top: ChangeNode, components: ChangeComponents): Promise<Conduct> {
  const targets = readTargets(top.child('targets'))
  const maxFail = readMaxFail(top.child('max-fail'))
  const stepTime = readTime(top.child('timeout'), { absent: defaultTimeoutMs, leastMs: 1 })
  const undoTime = readTime(top.child('undo-timeout'), { absent: defaultUndoTimeoutMs, leastMs: 0 })
  const plan = {
    precheck: await readChecks(top.child('precheck'), components),
    waves: readWaves(top.child('waves')) ?? [],
    pauseMs: readTime(top.child('pause'), { absent: 0, leastMs: 0 }) ?? 0,
    gates: await readChecks(top.child('gates'), components),
    rollback: readScope(top.child('rollback')) ?? 'run',
    ...(await readHold(top, components)),
  }
  return {
    ...(targets && { targets }),
    ...(maxFail && { maxFail }),
    wavePlaces: placesIn(top.child('waves')),
    stepTimeoutMs: stepTime ?? defaultTimeoutMs,
    undoTimeoutMs: undoTime ?? defaultUndoTimeoutMs,
    plan,
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
