import { alertSeverities } from '../../../core/alert.ts'
import { isName, readText, readTexts, readTime } from '../../../core/file-fields.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import { nearest } from '../../../core/nearest.ts'
import { anyRecord } from '../condition/condition.ts'
import type { Measure, Rule } from '../rule.ts'
import { demandSummary } from '../summary.ts'
import { demandKeys, readTimeWithin, readWhole, readWord } from './fields.ts'
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
const upToDay = { least: 0, most: day }
const defaults = { overMs: minute, resolveAfterMs: minute, latenessMs: 30 * second, staleAfterMs: 10 * minute, maxGroups: 1000 }

/** Names of sources that there are. */
export function readRule(name: string, node: FileNode, sources: readonly string[]): Rule | undefined {
  if (!isName(name)) {
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
    definition: JSON.stringify(node.value),
    measure,
    where,
    by: readTexts(node.child('by'), 'the name of a field').map(({ value }) => String(value)),
    maxGroups: readWhole(node.child('max_groups'), { least: 1, most: 100_000 }) ?? defaults.maxGroups,
    overMs,
    forMs: readTimeWithin(node.child('for'), upToDay) ?? 0,
    resolveAfterMs: readTimeWithin(node.child('resolve_after'), upToDay) ?? resolveAfterOf(measure),
    latenessMs: readTimeWithin(node.child('lateness'), upToDay) ?? defaults.latenessMs,
    staleAfterMs: readTime(node.child('stale_after'), second) ?? defaults.staleAfterMs,
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
  return readTimeWithin(node, { ...upToDay, least: second })
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
  if (node.isAbsent) return undefined
  return readTexts(node, 'the name of a source').flatMap(each => {
    const name = String(each.value)
    if (known.includes(name)) return [name]
    const close = nearest(name, known)
    each.wrong(`there is no source '${name}'`, { hint: close ? `did you mean ${close}?` : `there are ${known.join(', ')}` })
    return []
  })
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
  const [summary, runbook] = [readText(summaryNode), readText(runbookNode, 'a URL')]
  if (summary !== undefined) tried(summaryNode, () => demandSummary(summary))
  if (runbook !== undefined && !/^https?:\/\/\S+$/.test(runbook)) {
    runbookNode.wrong(`runbook: ${shown(runbook)} is no URL`, { hint: 'write https://…' })
  }
  return { ...(summary !== undefined && { summary }), ...(runbook !== undefined && { runbook }) }
}
