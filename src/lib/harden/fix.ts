import type { Context } from '../core/context.ts'
import type { Plan, StepSpec } from '../core/plan.ts'
import type { Report } from '../core/report.ts'
import { type Fleet, maxFailures, openFleet } from '../fleet/index.ts'
import { foldNodeSet } from '../inventory/node-set.ts'
import { applyPlan, buildPlan } from '../plan/index.ts'
import { chosenRules } from './chosen-rules.ts'
import { refuseLostLogins } from './lost-logins.ts'
import type { FixOptions } from './options.ts'
import { type Findings, judgeFleet, withThisMachine } from './scan.ts'

const stepTimeoutMs = 5 * 60_000
const undoTimeoutMs = 2 * 60_000

/** Areas in which a wrong value locks everybody out. */
const dangerous: readonly string[] = ['sshd', 'sudo', 'accounts']

/**
 * Makes the rules hold where they fail, as a change that can be taken back; where nothing can be mended, tells how the hosts stand.
 * @throws OpsError as openFleet, refuseLostLogins and applyPlan
 */
export async function fix(context: Context, options: FixOptions): Promise<Report> {
  const chosen = chosenRules(options)
  await using fleet = await openFleet(context, withThisMachine(options))
  // What was seen before a change is no result of it: streaming formats wait for the change.
  const quiet: Context = { ...context, emit: async () => {} }
  const { report, findings } = await judgeFleet(quiet, { fleet, chosen, failOn: 'low', options, dryRun: true })
  tellUnfixable(context, findings)
  const plan = planOf(findings, options)
  if (!plan || tooFewSeen(context, { fleet, findings, options })) {
    for (const item of report.items) await context.emit(item)
    return report
  }
  const { dryRun, concurrency, maxFail } = options
  await refuseLostLogins(context, { fleet, findings, dryRun })
  const built = await buildPlan(context, plan)
  const changed = await applyPlan(context, { built, fleet, dryRun, concurrency, maxFail, stepTimeoutMs, undoTimeoutMs })
  for (const { host, name, outcome, message } of changed.items) {
    if (outcome === 'changed' && message !== undefined) context.log('warn', `${host}: ${name}: ${message}`)
  }
  return changed
}

/** A change of the others would only be taken back when it comes to those that can not be looked at. */
function tooFewSeen(
  { log }: Context,
  look: { readonly fleet: Fleet; readonly findings: Findings; readonly options: FixOptions },
): boolean {
  const { fleet, findings, options } = look
  const unseen = fleet.hosts.filter(({ name }) => !findings.has(name)).map(({ name }) => name)
  const allowed = maxFailures(options.maxFail ?? { count: 0 }, fleet.hosts.length)
  if (options.dryRun || unseen.length <= allowed) return false
  log('warn', `nothing is changed: ${foldNodeSet(unseen)} can not be looked at, and --max-fail allows ${allowed}`)
  return true
}

/** Undefined where there is nothing that could be mended. Hosts that could not be looked at are in it: there the change fails, and says why. */
export function planOf(findings: Findings, { wave, hold }: Pick<FixOptions, 'wave' | 'hold'>): Plan | undefined {
  const all = [...findings.values()].flat()
  const rules = [...new Map(all.filter(({ fixable }) => fixable).map(({ rule }) => [rule.id, rule])).values()]
  if (rules.length === 0) return undefined
  const steps = rules.map(({ id }) => stepOf(id, findings))
  const ofSshd = rules.filter(({ area }) => area === 'sshd').map(({ id }) => id)
  const reload: StepSpec = { id: 'reload-sshd', kind: 'reload-sshd', params: {}, on: ofSshd, precheck: [], verify: [] }
  const isDangerous = rules.some(({ area }) => dangerous.includes(area))
  return {
    name: `harden: ${rules.length === 1 ? '1 rule' : `${rules.length} rules`}`,
    steps: ofSshd.length > 0 ? [...steps, reload] : steps,
    waves: wave,
    pauseMs: 0,
    gates: [],
    rollback: 'run',
    // The new login is the engine's own; with sudo in use the command shows that it still works.
    ...(isDangerous && { hold: { ttlMs: hold, confirm: [{ type: 'command', params: { run: ['true'] } }] } }),
  }
}

/** Left out where the rule holds, and where only a human can mend it. */
function stepOf(id: string, findings: Findings): StepSpec {
  const others = [...findings].filter(([, found]) => !found.some(({ rule, fixable }) => rule.id === id && fixable))
  const of = Object.fromEntries(others.map(([host]) => [host, 0]))
  return { id, kind: 'harden-fix', params: { rule: id }, perHost: { variants: [null], of }, precheck: [], verify: [] }
}

function tellUnfixable({ log }: Context, findings: Findings): void {
  const left = [...findings].flatMap(([host, found]) =>
    found.filter(({ judgement, fixable }) => judgement.result === 'fail' && !fixable).map(({ rule }) => ({ host, id: rule.id })),
  )
  for (const [id, places] of Map.groupBy(left, place => place.id)) {
    log('warn', `${id} fails on ${foldNodeSet(places.map(({ host }) => host))}, and only a human can mend it`)
  }
}
