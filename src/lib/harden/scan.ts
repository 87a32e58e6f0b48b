import type { Context } from '../core/context.ts'
import type { Item, Verdict } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import type { Report } from '../core/report.ts'
import { type Judgement, type Rule, type RuleSeverity, ruleSeverities } from '../core/rule.ts'
import { type Fleet, type HostResult, type HostVisit, openFleet, runOnFleet } from '../fleet/index.ts'
import { stepPlace } from '../plan/step-place.ts'
import { type ChosenRules, chosenRules } from './chosen-rules.ts'
import { judgeRule } from './judge.ts'
import { keepReport } from './kept-report.ts'
import { lookAtHost } from './look-at-host.ts'
import type { ScanOptions } from './options.ts'
import { checkOscapOptions, scanByOscap } from './oscap/scan-by-oscap.ts'

/**
 * Judges every rule on every host. A host gives an item for each rule, or one that tells why it could not be looked at.
 * @throws OpsError as openFleet, and E_USAGE for rules that do not exist
 */
export async function scan(context: Context, options: ScanOptions): Promise<Report> {
  checkOscapOptions(options)
  const chosen = chosenRules(options)
  await using fleet = await openFleet(context, withThisMachine(options))
  const report = options.oscap
    ? await scanByOscap(context, fleet, options)
    : (await judgeFleet(context, { fleet, chosen, failOn: options.failOn, options })).report
  await keepReport(context, report)
  return report
}

/** Where no targets are given this machine is meant. */
export const withThisMachine = <T extends Pick<ScanOptions, 'targets'>>(options: T): T =>
  options.targets.length > 0 ? options : { ...options, targets: ['localhost'] }

interface Judging {
  readonly fleet: Fleet
  readonly chosen: ChosenRules
  readonly failOn: RuleSeverity
  readonly options: Pick<ScanOptions, 'concurrency' | 'timeout'>
  /** A look before a change, not a run of its own. */
  readonly dryRun?: boolean
}

/** By host name: a judgement of every rule, and whether it could be fixed there. Hosts that could not be looked at are missing. */
export type Findings = ReadonlyMap<string, readonly Finding[]>

export interface Finding {
  readonly rule: Rule
  readonly judgement: Judgement
  readonly fixable: boolean
}

export async function judgeFleet(context: Context, judging: Judging): Promise<{ report: Report; findings: Findings }> {
  const { fleet, chosen, failOn, options, dryRun } = judging
  const findings = new Map<string, readonly Finding[]>()
  const wanted = chosen.rules.filter(({ id }) => !chosen.skipped.has(id))
  const visit = async (host: HostVisit): Promise<HostResult> => {
    const transport = await host.connect()
    host.phase('look')
    const { sudo, signal } = fleet
    const place = stepPlace({ transport, clock: context.clock, signal, timeoutMs: options.timeout, ...(sudo && { sudo }) })
    const facts = await lookAtHost(place, wanted)
    findings.set(
      host.host.name,
      wanted.map(rule => {
        const judgement = judgeRule(rule, facts)
        return { rule, judgement, fixable: judgement.result === 'fail' && rule.fix?.(facts) !== undefined }
      }),
    )
    return { outcome: 'ok' }
  }
  const report = await runOnFleet(context, {
    kind: 'harden',
    title: `${wanted.length} rules on ${fleet.hosts.length === 1 ? '1 host' : `${fleet.hosts.length} hosts`}`,
    fleet,
    concurrency: options.concurrency,
    maxFailures: Number.POSITIVE_INFINITY,
    ...(dryRun && { dryRun }),
    visit,
    itemsOf: item => itemsOf(item, { found: findings.get(item.host ?? ''), chosen, failOn }),
  })
  return { report, findings }
}

interface Told {
  readonly found: readonly Finding[] | undefined
  readonly chosen: ChosenRules
  readonly failOn: RuleSeverity
}

function itemsOf(host: Item, { found, chosen, failOn }: Told): readonly Item[] {
  if (!found) return [host]
  const { outcome: _, ...about } = host
  const items = found.map(finding => itemOf(about, finding, failOn))
  const skipped = chosen.rules.flatMap((rule): Item[] => {
    const reason = chosen.skipped.get(rule.id)
    const message = `skipped: ${reason}`
    return reason === undefined
      ? []
      : [{ ...about, path: `${host.path}/${rule.id}`, name: rule.id, verdict: 'na', message, durationMs: 0 }]
  })
  return [...items, ...skipped, ...nothingApplies(about, found)]
}

const verdicts: Readonly<Record<Judgement['result'], Verdict>> = { pass: 'pass', fail: 'fail', na: 'na', error: 'unknown' }
const severities = { low: 'info', medium: 'warning', high: 'critical' } as const

function itemOf(host: Item, { rule, judgement, fixable }: Finding, failOn: RuleSeverity): Item {
  const { id, title, severity, level, area, why, references } = rule
  const minor = ruleSeverities.indexOf(severity) < ruleSeverities.indexOf(failOn)
  const verdict = judgement.result === 'fail' && minor ? 'warn' : verdicts[judgement.result]
  const told: Record<string, Json> = {
    title,
    severity,
    level,
    area,
    ...(judgement.result === 'fail' && { why, fixable, references: references.join('; ') }),
  }
  return {
    ...host,
    path: `${host.path}/${id}`,
    name: id,
    verdict,
    severity: severities[severity],
    message: judgement.evidence,
    durationMs: 0,
    data: told,
  }
}

/** A host to which nothing applies is not a good one: nobody has looked at it. */
function nothingApplies(host: Item, found: readonly Finding[]): Item[] {
  if (found.length === 0 || found.some(({ judgement }) => judgement.result !== 'na')) return []
  const message = `none of ${found.length} rules applies to this host: it was not judged at all`
  return [{ ...host, path: `${host.path}/harden`, name: 'harden', verdict: 'unknown', message }]
}
