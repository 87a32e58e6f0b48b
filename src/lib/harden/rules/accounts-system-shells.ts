import { defineRule } from '../../core/component.ts'
import { accountsOf } from '../accounts.ts'
import { judgedBy } from '../judge.ts'

/** Programs that only end a session or the machine. */
const harmless = /\/(nologin|false|sync|shutdown|halt)$/

/** Below UID_MIN of Debian and Red Hat. */
const firstUser = 1000

/**
 * Some of them need their shell (git, postgres), and taking it away stops backups and replication: no fix. OpenSCAP's
 * no_shelllogin_for_systemaccounts leaves out accounts whose password is locked; a key still opens those.
 */
export default defineRule({
  id: 'accounts-system-shells',
  title: 'accounts of services have no login shell',
  severity: 'medium',
  level: 'l1',
  area: 'accounts',
  why: 'a hole in a service, or a stray key, becomes a session on the host',
  references: ['CIS: Ensure system accounts do not have a valid login shell', 'SSG: no_shelllogin_for_systemaccounts'],
  look: { accounts: true },
  judge(facts) {
    const services = accountsOf(facts).users.filter(
      ({ name, uid }) => name !== 'root' && !name.startsWith('+') && Number(uid) < firstUser,
    )
    const bad = services.filter(({ shell }) => !harmless.test(shell))
    return judgedBy(
      bad.map(({ name, shell }) => `${name} has the shell ${shell || '/bin/sh'}`),
      `none of ${services.length} service accounts has a login shell`,
    )
  },
})
