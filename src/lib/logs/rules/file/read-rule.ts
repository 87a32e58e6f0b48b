import { alertSeverities } from '../../../core/alert.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import { nearest } from '../../../core/nearest.ts'
import { anyRecord } from '../condition/condition.ts'
import type { Measure, Rule } from '../rule.ts'
import { RuleFault } from '../rule-fault.ts'
import { demandSummary } from '../summary.ts'
import { demandKeys, readTexts, readTime, readWhole, readWord } from './fields.ts'
import { readCondition } from './read-condition.ts'
import { measureKeys, readMeasure } from './read-measure.ts'
import { shortForms } from './short-form.ts'
import { tried } from './tried.ts'

const ruleKeys = [
  ...measureKeys,
  ...['where', 'sources', 'by', 'over', 'for', 'resolve_after', 'at_least', 'lateness', 'stale_after', 'max_groups'],
  ...['severity', 'labels', 'summary', 'runbook'],
]

const second = 1000
const minute = 60 * second
const day = 24 * 60 * minute
const defaults = { overMs: minute, resolveAfterMs: minute, latenessMs: 30 * second, staleAfterMs: 10 * minute, maxGroups: 1000 }

/** Names of sources that there are. */
export function readRule(name: string, node: FileNode, sources: readonly string[]): Rule | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    node.wrong(`'${name}' can not be the name of a rule`, { part: 'key', hint: 'letters, digits, . _ and -' })
  }
  const members = node.members(`the rule ${name}`, shortForms)
  if (!members) return undefined
  demandKeys(members, ruleKeys, 'a rule')
  const short = readMeasure(node)
  const where = node.child('where').isAbsent ? anyRecord : readCondition(node.child('where'))
  const from = readSources(node.child('sources'), sources)
  const overMs = readOver(node.child('over'), short?.overMs)
  const optional = {
    ...(from && { sources: from }),
    ...textsOf(node),
  }
  if (!short || !where || overMs === undefined) return undefined
  const measure = withLeast(node.child('at_least'), short.measure)
  return {
    name,
    measure,
    where,
    by: readTexts(node.child('by'), 'the name of a field') ?? [],
    maxGroups: readWhole(node.child('max_groups'), { least: 1, most: 100_000 }) ?? defaults.maxGroups,
    overMs,
    forMs: readTime(node.child('for'), { mostMs: day }) ?? 0,
    resolveAfterMs: readTime(node.child('resolve_after'), { mostMs: day }) ?? resolveAfterOf(measure),
    latenessMs: readTime(node.child('lateness'), { mostMs: day }) ?? defaults.latenessMs,
    staleAfterMs: readTime(node.child('stale_after'), { leastMs: second }) ?? defaults.staleAfterMs,
    severity: readWord(node.child('severity'), alertSeverities) ?? 'warning',
    labels: readLabels(node.child('labels')),
    ...optional,
  }
}

/** Of lines that are told one by one nothing can be seen again to be well: each is over after a while. */
function resolveAfterOf({ kind }: Measure): number {
  if (kind === 'absence') return 0
  return kind === 'lines' ? 5 * minute : defaults.resolveAfterMs
}

function readOver(node: FileNode, said: number | undefined): number | undefined {
  if (said !== undefined && !node.isAbsent) return node.wrong('the window is told in when: already', { part: 'key' })
  if (node.isAbsent && said !== undefined && (said < second || said > day)) {
    return node.wrong('a window is from 1s to 1d', { part: 'value' })
  }
  if (node.isAbsent) return said ?? defaults.overMs
  return readTime(node, { leastMs: second, mostMs: day })
}

/** Beside `when:`, which may say it itself. */
function withLeast(node: FileNode, measure: Measure): Measure {
  const least = readWhole(node, { least: 1, most: 1_000_000_000 })
  if (least === undefined) return measure
  if (measure.kind === 'ratio' || measure.kind === 'percentile') return { ...measure, least }
  if (measure.kind === 'threshold' && measure.share) return { ...measure, share: { ...measure.share, least } }
  node.wrong('at_least is for shares and percentiles', { part: 'key' })
  return measure
}

function readSources(node: FileNode, known: readonly string[]): string[] | undefined {
  const names = readTexts(node, 'the name of a source')
  for (const name of names ?? []) {
    if (known.includes(name)) continue
    const close = nearest(name, known)
    node.wrong(`there is no source '${name}'`, { hint: close ? `did you mean ${close}?` : `there are ${known.join(', ')}` })
  }
  return names
}

function readLabels(node: FileNode): Record<string, string> {
  if (node.isAbsent) return {}
  const members = node.members('labels', 'write `labels: { team: shop, env: prod }`') ?? new Map<string, FileNode>()
  return Object.fromEntries(
    [...members].flatMap(([label, member]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/.test(label)) {
        member.wrong(`'${label}' can not be the name of a label`, { part: 'key', hint: 'letters, digits, _ . and -' })
      }
      const text = member.scalar('a text')
      return text === undefined ? [] : [[label, text]]
    }),
  )
}

function textsOf(node: FileNode): Pick<Rule, 'summary' | 'runbook'> {
  const [summaryNode, runbookNode] = [node.child('summary'), node.child('runbook')]
  const summary = summaryNode.isAbsent ? undefined : summaryNode.text()
  const runbook = runbookNode.isAbsent ? undefined : runbookNode.text('a URL')
  if (summary !== undefined) tried(summaryNode, () => demandSummary(summary))
  if (runbook !== undefined && !/^https?:\/\/\S+$/.test(runbook)) {
    tried(runbookNode, () => {
      throw new RuleFault(`${shown(runbook)} is no URL`, 'write https://…')
    })
  }
  return { ...(summary !== undefined && { summary }), ...(runbook !== undefined && { runbook }) }
}
