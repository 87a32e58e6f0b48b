import type { FileNode } from '../../../core/file-node.ts'
import type { Rule } from '../rule.ts'
import { readRule } from './read-rule.ts'

export interface RulesFile {
  /** What stands behind `rules:`. */
  readonly rules: FileNode
  /** What stands behind `alerts:`: the file that says who is told of what. */
  readonly alerts: FileNode
  /** Names of the sources that there are. */
  readonly sources: readonly string[]
}

/** What is watched for, and by which file people are told. Pure: nothing is opened. */
export interface RuleList {
  readonly rules: readonly Rule[]
  readonly alertsFile?: string
}

/** Reads rules; undefined where there are none. What is wrong is noted with the file. */
export function readRuleList({ rules: node, alerts, sources }: RulesFile): RuleList | undefined {
  const alertsFile = alerts.isAbsent ? undefined : alerts.text('the path of a file of alerts')
  if (node.isAbsent) {
    return alerts.isAbsent ? undefined : alerts.wrong('alerts: has no use without rules:', { part: 'key' })
  }
  const members = node.members('rules', 'write `rules: { errors: { when: 5xx share > 10 % over 1m } }`')
  const rules = [...(members ?? [])].flatMap(([name, member]) => readRule(name, member, sources) ?? [])
  return { rules, ...(alertsFile !== undefined && { alertsFile }) }
}
