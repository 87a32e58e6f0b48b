import { type AccountFacts, type Facts, RuleUnseen, type ShadowFact } from '../core/rule.ts'

/** @throws RuleUnseen */
export function accountsOf({ accounts }: Facts): AccountFacts {
  if (!accounts) throw new RuleUnseen('/etc/passwd can not be read')
  return accounts
}

/** Without entries where there is no shadow file: then the passwords are in passwd. @throws RuleUnseen */
export function shadowOf(facts: Facts): readonly ShadowFact[] {
  const { shadow } = accountsOf(facts)
  if (shadow === 'denied') throw new RuleUnseen('/etc/shadow can not be read: look as root, or with --sudo')
  return shadow === 'absent' ? [] : shadow
}
