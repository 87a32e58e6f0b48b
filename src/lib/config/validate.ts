import { resolve } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { errorCodes, OpsError } from '../core/errors.ts'
import type { Item } from '../core/item.ts'
import { type Report, ReportFold } from '../core/report.ts'
import { type FileJudgement, judgeConfigFiles } from './problems.ts'

/**
 * Reads configuration files as a run would: an item for each problem, and one for each file that has none.
 * @throws OpsError E_CONFIG for a file that was named and is not there
 */
export async function validateConfig(context: Context, { file }: { readonly file: readonly string[] }): Promise<Report> {
  const { clock, paths, runId } = context
  const started = clock.monotonic()
  const startedAt = rfc3339(clock.now())
  const files = file.length > 0 ? file.map(path => resolve(paths.cwd, path)) : paths.config
  const fold = new ReportFold()
  for (const judgement of await judgeConfigFiles(files, context)) {
    if (file.length > 0 && !judgement.exists)
      throw new OpsError('E_CONFIG', `${judgement.path}: there is no such configuration file`)
    for (const finding of findings(judgement)) {
      const item: Item = { ...finding, startedAt, durationMs: 0 }
      fold.add(item)
      await context.emit(item)
    }
  }
  const wrong = fold.counts.byVerdict.fail ?? 0
  return {
    kind: 'config',
    version: 1,
    runId,
    title: 'config validate',
    startedAt,
    durationMs: Math.round(clock.monotonic() - started),
    counts: fold.counts,
    items: fold.items(),
    omitted: fold.omitted,
    changed: false,
    ...(wrong > 0 && { stopped: { exit: errorCodes.E_CONFIG.exit, message: `${wrong} wrong in the configuration` } }),
  }
}

type Finding = Omit<Item, 'startedAt' | 'durationMs'>

function findings({ path, exists, settings, problems }: FileJudgement): Finding[] {
  if (!exists) return [{ path: `config/${path}`, name: path, verdict: 'na', message: 'there is no such file' }]
  if (problems.length === 0) {
    return [{ path: `config/${path}`, name: path, verdict: 'pass', message: `${settings} settings`, metrics: { settings } }]
  }
  return problems.map(problem => faultOf(path, problem))
}

function faultOf(file: string, { message, hint }: OpsError): Finding {
  const rest = message.startsWith(`${file}:`) ? message.slice(file.length + 1) : message
  const [, line, column, text = rest] = /^(\d+):(\d+): (.*)$/s.exec(rest) ?? []
  const place = line === undefined ? file : `${file}:${line}:${column}`
  return {
    path: `config/${place}`,
    name: place,
    verdict: 'fail',
    message: hint ? `${text.trim()}; ${hint}` : text.trim(),
    data: { file, ...(line !== undefined && { line: Number(line), column: Number(column) }), ...(hint && { hint }) },
  }
}
