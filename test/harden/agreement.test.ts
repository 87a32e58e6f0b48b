import { describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { judgeRule } from '../../src/lib/harden/judge.ts'
import { lookAtHost } from '../../src/lib/harden/look-at-host.ts'
import { shortRule } from '../../src/lib/harden/oscap/run-oscap.ts'
import { XccdfReader } from '../../src/lib/harden/oscap/xccdf-results.ts'
import { allRules } from '../../src/lib/harden/rule-list.ts'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { type RootName, startRoot } from './roots.ts'

/** What the content asks for in other words. */
const counterparts: Readonly<Record<string, readonly string[]>> = {
  'accounts-empty-passwords': ['no_empty_passwords_etc_shadow'],
  'accounts-password-ageing': ['accounts_maximum_age_login_defs', 'accounts_password_warn_age_login_defs'],
  'accounts-uid-zero': ['accounts_no_uid_except_zero'],
  'files-passwd': ['file_permissions_etc_passwd', 'file_owner_etc_passwd', 'file_groupowner_etc_passwd'],
  'files-shadow': [
    'file_permissions_etc_shadow',
    'file_owner_etc_shadow',
    'file_groupowner_etc_shadow',
    'file_permissions_etc_gshadow',
  ],
  'files-ssh-host-keys': ['file_permissions_sshd_private_key'],
  'sshd-hostbased-authentication': ['disable_host_auth', 'sshd_disable_rhosts'],
  'sshd-login-grace-time': ['sshd_set_login_grace_time'],
  'sshd-log-level': ['sshd_set_loglevel_verbose'],
  'sshd-max-auth-tries': ['sshd_set_max_auth_tries'],
  'sshd-permit-empty-passwords': ['sshd_disable_empty_passwords'],
  'sshd-permit-root-login': ['sshd_disable_root_login'],
  'sshd-permit-user-environment': ['sshd_do_not_permit_user_env'],
  'sshd-x11-forwarding': ['sshd_disable_x11_forwarding'],
  'sudo-authenticate': ['sudo_remove_no_authenticate'],
  'sudo-logfile': ['sudo_custom_logfile'],
  'sudo-nopasswd': ['sudo_remove_nopasswd'],
  'sudo-use-pty': ['sudo_add_use_pty'],
  'sysctl-kernel-addresses': ['sysctl_kernel_kptr_restrict'],
  'sysctl-randomize-va-space': ['sysctl_kernel_randomize_va_space'],
  'sysctl-suid-dumpable': ['sysctl_fs_suid_dumpable'],
}

/** Where oscap says no and we say yes; the file of each rule tells why. */
const differences: Readonly<Record<RootName, readonly string[]>> = {
  good: ['accounts-password-ageing', 'sudo-logfile'],
  bad: [],
  odd: ['sshd-hostbased-authentication', 'sshd-permit-user-environment', 'sudo-logfile', 'sudo-nopasswd', 'sysctl-suid-dumpable'],
}

const content = '/usr/share/xml/scap/ssg/content/ssg-debian11-ds.xml'
const roots: readonly RootName[] = counted({ reduced: 1, full: 3 }) === 3 ? ['good', 'bad', 'odd'] : ['odd']

/** The content of Debian 11, for any release and for a container. */
async function contentForHere(): Promise<string> {
  const text = await readFile(content, 'utf8')
  return text.replaceAll('^11.[0-9]+$', '^[0-9.]+$').replaceAll('.dockerenv', '.none')
}

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'sudo', 'ssh-keygen', 'oscap', 'scap-content'))(
  'our rules and real oscap',
  () => {
    test.each(roots)(
      'agree on the %s root, but for what is told',
      async name => {
        await using scratch = await tempDir()
        const file = join(scratch.path, 'ds.xml')
        await writeFile(file, await contentForHere())
        await using root = await startRoot(name, scratch.path)
        const asked = Object.values(counterparts)
          .flat()
          .map(rule => `--rule xccdf_org.ssgproject.content_rule_${rule}`)
        // Without an address oscap can not tell which system it is on.
        const said = await root.sh(
          `ip link set lo up; oscap xccdf eval --profile standard ${asked.join(' ')} --results /run/results.xml ${file}`,
        )
        const reader = new XccdfReader()
        reader.write(Buffer.from(await root.sh('cat /run/results.xml')))
        const results = new Map(reader.end().map(({ rule, result }) => [shortRule(rule), result]))
        expect({ said, results: results.size }).toEqual({ said, results: asked.length })

        const rules = allRules().filter(({ id }) => counterparts[id])
        const facts = await lookAtHost(root.place, rules)
        const differing = rules.filter(rule => {
          const theirs = counterparts[rule.id]?.every(id => results.get(id) === 'pass')
          return (judgeRule(rule, facts).result === 'pass') !== theirs
        })
        expect(differing.map(({ id }) => id)).toEqual([...differences[name]])
      },
      180_000,
    )
  },
)
