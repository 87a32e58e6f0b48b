import { defineRule } from '../../core/component.ts'
import { accountsOf, shadowOf } from '../accounts.ts'
import { judgedBy } from '../judge.ts'

/** Lines that begin with + let NIS add accounts. Where it is in use that is meant, so there is no fix. */
export default defineRule({
  id: 'accounts-legacy-entries',
  title: 'no line of passwd, shadow or group begins with +',
  severity: 'high',
  level: 'l1',
  area: 'accounts',
  why: 'old programs take such a line for an account, or let accounts of elsewhere in',
  references: [
    'SSG: no_legacy_plus_entries_etc_passwd',
    'SSG: no_legacy_plus_entries_etc_shadow',
    'SSG: no_legacy_plus_entries_etc_group',
  ],
  look: { accounts: true },
  judge(facts) {
    const { users, groups } = accountsOf(facts)
    const files = { passwd: users, group: groups, shadow: shadowOf(facts) }
    const found = Object.entries(files).filter(([, lines]) => lines.some(({ name }) => name.startsWith('+')))
    return judgedBy(
      found.map(([file]) => `a line of /etc/${file} begins with +`),
      'no line begins with +',
    )
  },
})
