import type { CheckJudgement, CheckResult } from '../core/check.ts'
import { rfc3339 } from '../core/clock.ts'
import type { Host } from '../core/host.ts'
import type { Item, OutputRef } from '../core/item.ts'
import type { ProbedCheck } from './probed-check.ts'

/** One check in one place. */
export interface Unit {
  readonly probed: ProbedCheck
  /** Absent: from where opsctl runs. */
  readonly host?: Host
}

/** What came of it. */
export interface UnitResult {
  readonly result: CheckResult
  readonly startedAt: number
  readonly durationMs: number
  readonly looks: number
  /** What was seen, kept as output of the item. */
  readonly evidence?: OutputRef
}

export const unitsOf = (probed: ProbedCheck): Unit[] =>
  probed.hosts === undefined ? [{ probed }] : probed.hosts.map(host => ({ probed, host }))

/** Whether this run tells of it. */
export const isTold = ({ probed, host }: Unit): boolean => probed.untold?.has(host?.name ?? '') !== true

/** A judgement; without a dimension where there is one only. */
type Part = Omit<CheckJudgement, 'dimension'> & Partial<Pick<CheckJudgement, 'dimension'>>

const severities = { P0: 'critical', P1: 'warning', P2: 'info' } as const

/** An item for each way in which it was judged. */
export function itemsOf({ probed, host }: Unit, { result, startedAt, durationMs, looks, evidence }: UnitResult): Item[] {
  const { name, type, labels, sla } = probed
  const { judgements = [], verdict, message, reason } = result
  const parts: readonly Part[] = judgements.length > 1 ? judgements : [{ verdict, message, ...(reason && { reason }) }]
  const path = `${host ? `${host.name}/` : ''}${name.includes('/') ? name.replaceAll('/', '∕') : name}`
  const all = {
    labels: { ...host?.labels, ...labels, check: name, type, sla },
    severity: severities[sla],
    startedAt: rfc3339(startedAt),
    durationMs: Math.round(durationMs),
  }
  return parts.map((part, index): Item => {
    const { dimension } = part
    const metrics = index === 0 ? { ...part.metrics, ...result.metrics } : (part.metrics ?? {})
    const data = dataOf(part, looks)
    return {
      path: dimension === undefined ? path : `${path}/${dimension}`,
      ...(host && { host: host.name }),
      name: dimension === undefined ? name : `${name} ${dimension}`,
      verdict: part.verdict,
      ...reasonOf(part),
      message: part.message,
      ...all,
      ...(isNotEmpty(metrics) && { metrics }),
      ...(evidence && index === 0 && { output: { stdout: evidence } }),
      ...(data && { data }),
    }
  })
}

function dataOf({ dimension, data }: Part, looks: number): Item['data'] {
  const all = { ...data, ...(dimension && { dimension }), ...(looks > 1 && { looks }) }
  return isNotEmpty(all) ? all : undefined
}

function isNotEmpty(values: object): boolean {
  for (const _ in values) return true
  return false
}

/** Nothing fails without a reason: where a check gives none, it is that of its kind of verdict. */
function reasonOf({ verdict, reason }: Pick<CheckResult, 'verdict' | 'reason'>): Pick<Item, 'reason'> {
  if (reason !== undefined) return { reason }
  if (verdict === 'fail' || verdict === 'warn') return { reason: 'state' }
  return verdict === 'unknown' ? { reason: 'unreadable' } : {}
}
