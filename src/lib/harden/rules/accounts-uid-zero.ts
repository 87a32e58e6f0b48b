import { defineRule } from '../../core/component.ts'
import { accountsOf } from '../accounts.ts'
import { judgedBy } from '../judge.ts'

/** Which of two accounts goes is for a human to say, so there is no fix. */
export default defineRule({
  id: 'accounts-uid-zero',
  title: 'root alone has the user id 0',
  severity: 'high',
  level: 'l1',
  area: 'accounts',
  why: 'an account with the id of root is root under another name',
  references: ['CIS: Ensure root is the only UID 0 account', 'SSG: accounts_no_uid_except_zero'],
  look: { accounts: true },
  judge(facts) {
    const others = accountsOf(facts).users.filter(({ name, uid }) => Number(uid) === 0 && uid !== '' && name !== 'root')
    return judgedBy(
      others.map(({ name }) => `${name} has the user id 0`),
      'root alone has the user id 0',
    )
  },
})
