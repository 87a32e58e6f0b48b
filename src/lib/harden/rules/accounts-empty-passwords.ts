import { defineRule } from '../../core/component.ts'
import { accountsOf, shadowOf } from '../accounts.ts'
import { judgedBy } from '../judge.ts'

export default defineRule({
  id: 'accounts-empty-passwords',
  title: 'no account has an empty password',
  severity: 'high',
  level: 'l1',
  area: 'accounts',
  why: 'such an account is open to whoever knows its name',
  references: ['CIS: Ensure /etc/shadow password fields are not empty', 'SSG: no_empty_passwords'],
  look: { accounts: true },
  judge(facts) {
    const names = [...inPasswd(accountsOf(facts)), ...inShadow(shadowOf(facts))]
    return judgedBy(
      names.map(name => `${name} has an empty password`),
      'every password is set, locked or in the shadow file',
    )
  },
  fix(facts) {
    // Without a shadow entry passwd(1) does not know how to lock.
    if (inPasswd(accountsOf(facts)).length > 0) return undefined
    return inShadow(shadowOf(facts)).map(name => ({
      kind: 'lock-account',
      params: { name },
    }))
  },
})

const inPasswd = ({ users }: ReturnType<typeof accountsOf>): string[] =>
  users.filter(({ password, name }) => password === 'empty' && !name.startsWith('+')).map(({ name }) => name)

const inShadow = (shadow: ReturnType<typeof shadowOf>): string[] =>
  shadow.filter(({ password, name }) => password === 'empty' && !name.startsWith('+')).map(({ name }) => name)
