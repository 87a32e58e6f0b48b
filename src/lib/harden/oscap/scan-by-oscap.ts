import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { Item, Verdict } from '../../core/item.ts'
import type { Report } from '../../core/report.ts'
import { type Fleet, type HostResult, type HostVisit, hostFileName, runOnFleet } from '../../fleet/index.ts'
import type { ScanOptions } from '../options.ts'
import { KeptResults } from './kept-results.ts'
import { runOscap, shortRule } from './run-oscap.ts'
import type { XccdfResult } from './xccdf-results.ts'

/** @throws OpsError E_USAGE for flags that do not go together */
export function checkOscapOptions({ oscap, profile, content, oscapRule, rule }: ScanOptions): void {
  if (!oscap && (profile !== undefined || content !== undefined || oscapRule.length > 0)) {
    throw new OpsError('E_USAGE', '--profile, --content and --oscap-rule are for oscap', { hint: 'add --oscap' })
  }
  if (oscap && profile === undefined) {
    throw new OpsError('E_USAGE', '--oscap without a profile', { hint: '`oscap info FILE` lists them, as in --profile standard' })
  }
  if (oscap && rule.length > 0) throw new OpsError('E_USAGE', '--rule is for our own rules', { hint: 'use --oscap-rule' })
}

/** Judges hosts by real oscap, each rule of the profile an item. @throws OpsError E_USAGE when the content can not be read */
export async function scanByOscap(context: Context, fleet: Fleet, options: ScanOptions): Promise<Report> {
  const { profile = '', oscapRule: rules, timeout: timeoutMs, concurrency } = options
  const content = options.content === undefined ? undefined : await contentOf(context, options.content)
  const found = new Map<string, readonly XccdfResult[]>()
  const { sudo, signal } = fleet
  const visit = async (host: HostVisit): Promise<HostResult> => {
    const transport = await host.connect()
    host.phase('oscap')
    const kept = keptResults(context, host.host.name)
    const request = { profile, rules, signal, timeoutMs, kept, ...(content && { content }), ...(sudo && { sudo }) }
    try {
      found.set(host.host.name, await runOscap(transport, request))
      await kept.keep()
    } finally {
      await kept.discard()
    }
    return { outcome: 'ok' }
  }
  return runOnFleet(context, {
    kind: 'harden',
    title: `oscap, profile ${profile}`,
    fleet,
    concurrency,
    maxFailures: Number.POSITIVE_INFINITY,
    visit,
    itemsOf: item => itemsOf(item, found.get(item.host ?? '')),
  })
}

function keptResults({ paths, runId, log }: Context, host: string): KeptResults {
  const file = join(paths.state, 'runs', runId, `oscap-${hostFileName(host)}.xml.gz`)
  return new KeptResults(file, error => log('warn', `${host}: what oscap wrote is not kept`, { error }))
}

async function contentOf({ paths }: Context, path: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(paths.cwd, path))
  } catch (cause) {
    throw new OpsError('E_USAGE', `${path}: the content can not be read`, { cause })
  }
}

function itemsOf(host: Item, results: readonly XccdfResult[] | undefined): readonly Item[] {
  if (!results) return [host]
  const { outcome: _, ...about } = host
  const items = results.map(result => itemOf(about, result))
  if (results.some(({ result }) => result !== 'notapplicable')) return items
  const message =
    results.length === 0
      ? 'oscap judged no rule: the profile has none of those that were asked for'
      : `none of ${results.length} rules is applicable: this content is not for this system, and nothing was judged`
  return [...items, { ...about, path: `${host.path}/oscap`, name: 'oscap', verdict: 'unknown', message }]
}

const verdicts: Readonly<Record<string, Verdict>> = {
  pass: 'pass',
  fixed: 'pass',
  fail: 'fail',
  notapplicable: 'na',
  informational: 'na',
}

const severities: Readonly<Record<string, Item['severity']>> = { high: 'critical', medium: 'warning', low: 'info' }

function itemOf(host: Item, { rule, result, title, severity }: XccdfResult): Item {
  const name = shortRule(rule)
  const level = severities[severity]
  return {
    ...host,
    path: `${host.path}/${name}`,
    name,
    // An error of oscap, or a rule that it did not check, is no verdict.
    verdict: verdicts[result] ?? 'unknown',
    ...(level && { severity: level }),
    message: title === '' ? result : `${result}: ${title}`,
    durationMs: 0,
    data: { result, severity, rule },
  }
}
