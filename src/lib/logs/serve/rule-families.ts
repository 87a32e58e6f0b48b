import { counter, type Family, gauge, labelText, one, type Sample } from '../../net/exposition/family.ts'
import type { RuleStatus, RulesStatus } from '../rules/watch/watched-rule.ts'

/** How rules stand. Counters begin with the process, and anew with a reload. */
export function ruleFamilies({ rules, incidents }: RulesStatus): Family[] {
  const each = (value: (rule: RuleStatus) => number): Sample[] =>
    rules.map(rule => ({ labels: labelText({ rule: rule.rule }), value: value(rule) }))
  return [
    counter(
      'opsctl_logs_rule_seen_records',
      'Records that the rule looked at.',
      each(({ seen }) => seen),
    ),
    counter(
      'opsctl_logs_rule_matches',
      'Records that fitted what the rule looks for.',
      each(({ fit }) => fit),
    ),
    counter(
      'opsctl_logs_rule_late_records',
      'Records that came too late to count.',
      each(({ late }) => late),
    ),
    gauge(
      'opsctl_logs_rule_firing',
      'Incidents of the rule that are not over.',
      each(({ open }) => open),
    ),
    gauge(
      'opsctl_logs_rule_groups',
      'Groups that the rule counts for.',
      each(({ groups }) => groups),
    ),
    counter('opsctl_logs_incidents', 'Incidents that rules began.', one(incidents.opened)),
  ]
}
