import { dirname } from 'node:path'
import type { RenderEnv } from '../core/component.ts'
import { formatDuration } from '../core/duration.ts'
import { outcomes, verdicts } from '../core/item.ts'
import type { Counts, Report } from '../core/report.ts'
import { type FailureGroup, failureGroups } from './failure-groups.ts'
import { hostsText } from './hosts-text.ts'
import { inColour, ofOutcome, ofVerdict, type Standing, signOf } from './standing.ts'
import { oneLine, visible } from './visible-text.ts'

/**
 * What the human format says on stderr when a run is over: failures of commands grouped by what happened, why the run was cut
 * short, and one line of figures. With verbosity -1 the figures are left out. Empty when there is nothing to say.
 */
export function humanSummary(report: Report, env: RenderEnv): string {
  const lines = [...failureLines(report, env), ...stoppedLines(report, env), ...keptLines(report, env)]
  if (env.verbosity >= 0) lines.push(figures(report, env))
  return lines.map(line => `${line}\n`).join('')
}

const shownGroups = 20

/** Items with a verdict are in the list on stdout and are not repeated. */
function failureLines(report: Report, env: RenderEnv): string[] {
  const groups = failureGroups(report.items.filter(item => item.verdict === undefined))
  const shown = env.verbosity > 0 ? groups : groups.slice(0, shownGroups)
  const lines = shown.flatMap(group => groupLines(group, env))
  const rest = groups.slice(shown.length).reduce((sum, group) => sum + group.items.length, 0)
  return rest === 0
    ? lines
    : [...lines, env.style.dim(`  and ${rest} more, each in its own way: -o table lists them, -v shows them here`)]
}

function groupLines({ standing, what, message, items, names }: FailureGroup, env: RenderEnv): string[] {
  const head = inColour(standing, `${signOf[standing]} ${what}:`, env)
  const count = items.length > 1 ? ` (${items.length})` : ''
  const text = visible(message.trim())
  const told = text === '' || text === what ? [] : text.split('\n').map(line => `    ${line}`)
  return [`${head} ${env.style.strong(hostsText(names, env))}${count}`, ...told]
}

function stoppedLines({ stopped }: Report, env: RenderEnv): string[] {
  return stopped === undefined ? [] : [inColour('bad', `${signOf.bad} stopped: ${oneLine(stopped.message)}`, env)]
}

/** Where the output of the hosts was kept. */
function keptLines({ items }: Report, env: RenderEnv): string[] {
  const files = items.flatMap(({ output }) => [output?.stdout?.file, output?.stderr?.file]).filter(file => file !== undefined)
  const [directory, ...others] = new Set(files.map(file => dirname(file)))
  return env.verbosity < 0 || directory === undefined || others.length > 0 ? [] : [`output in ${oneLine(directory)}`]
}

/** `✓ 97 ok  ✗ 3 failed (2 exit, 1 unreachable) in 4.2s (run 20261122T120000-9f3a)`. */
function figures({ kind, counts, durationMs, runId }: Report, env: RenderEnv): string {
  const parts = [
    ...outcomes.map(word => ({ word, count: counts.byOutcome[word] ?? 0, standing: ofOutcome[word] })),
    ...verdicts.map(word => ({ word, count: counts.byVerdict[word] ?? 0, standing: ofVerdict[word] })),
  ]
    .filter(({ count }) => count > 0)
    // An undo that was asked for is judged by what it took back.
    .filter(({ word }) => kind !== 'undo' || word !== 'pass')
    .map(part => (kind === 'undo' && part.word === 'undone' ? { ...part, standing: 'good' as const } : part))
  parts.sort((a, b) => order.indexOf(a.standing) - order.indexOf(b.standing))
  const told = parts
    .map(({ word, count, standing }) => inColour(standing, `${signOf[standing]} ${count} ${word}`, env))
    .join('  ')
  return `${told || `${signOf.unknown} nothing was done`}${causes(counts)} ${env.style.dim(`in ${formatDuration(durationMs)} (run ${oneLine(runId)})`)}`
}

const order: readonly Standing[] = ['good', 'warn', 'skipped', 'unknown', 'bad']

/** The commonest reasons. */
function causes({ byReason }: Counts): string {
  const found = Object.entries(byReason)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
  if (found.length === 0) return ''
  const shown = found.slice(0, 4).map(([reason, count]) => `${count} ${reason}`)
  return ` (${[...shown, ...(found.length > 4 ? ['…'] : [])].join(', ')})`
}
