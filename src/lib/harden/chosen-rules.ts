import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { type Rule, ruleAreas } from '../core/rule.ts'
import type { ScanOptions, Skip } from './options.ts'
import { allRules } from './rule-list.ts'

/** The rules that the flags mean, and why some of them are left out. */
export interface ChosenRules {
  readonly rules: readonly Rule[]
  /** By id. */
  readonly skipped: ReadonlyMap<string, string>
}

/** @throws OpsError E_USAGE for a name that is neither a rule nor an area, with the nearest one */
export function chosenRules({ rule: names, skip, level }: Pick<ScanOptions, 'rule' | 'skip' | 'level'>): ChosenRules {
  const all = allRules()
  for (const name of [...names, ...skip.map(({ rule }: Skip) => rule)]) demandKnown(name, all)
  const isMeant = (rule: Rule): boolean =>
    names.length > 0 ? names.includes(rule.id) || (names.includes(rule.area) && isOfLevel(rule)) : isOfLevel(rule)
  const isOfLevel = (rule: Rule): boolean => level === 'l2' || rule.level === 'l1'
  const rules = all.filter(isMeant)
  const reasonOf = ({ id, area }: Rule): string | undefined => skip.find(({ rule }) => rule === id || rule === area)?.reason
  const skipped = rules.flatMap(rule => {
    const reason = reasonOf(rule)
    return reason === undefined ? [] : [[rule.id, reason] as const]
  })
  return { rules, skipped: new Map(skipped) }
}

function demandKnown(name: string, rules: readonly Rule[]): void {
  const known = [...rules.map(({ id }) => id), ...ruleAreas]
  if (known.includes(name)) return
  const close = nearest(name, known)
  throw new OpsError('E_USAGE', `there is no rule '${name}'`, {
    hint: close ? `did you mean ${close}?` : '`opsctl harden rules` lists them',
  })
}
