import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Json } from '../../src/lib/core/json.ts'
import { StepError } from '../../src/lib/core/plan.ts'
import hardenFix from '../../src/lib/harden/steps/harden-fix.ts'
import lockAccount from '../../src/lib/harden/steps/lock-account.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { kept, rejection, roundTrip } from '../plan/round-trip.ts'
import type { Sandbox } from '../plan/sandbox.ts'
import { startRoot } from './roots.ts'

describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'sudo', 'ssh-keygen'))('what somebody did after a fix', () => {
  let directory: TempDir
  let root: Sandbox
  beforeAll(async () => {
    directory = await tempDir()
    root = await startRoot('bad', directory.path)
  }, 120_000)
  afterAll(async () => {
    await root[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  async function fixed(rule: string): Promise<{ before: Json; demandOwn: () => Promise<unknown> }> {
    const step = hardenFix.build({ rule })
    const before = kept(await step.capture(root.place))
    await step.do(root.place, before)
    return { before, demandOwn: () => rejection(hardenFix.build({ rule }).demandOwn?.(root.place, before)) }
  }

  test.each([
    ['sshd-max-auth-tries', 'echo "# mine" >>/etc/ssh/sshd_config.d/00-opsctl-sshd-max-auth-tries.conf'],
    ['sudo-logfile', 'echo "# mine" >>/etc/sudoers.d/60-opsctl-sudo-logfile'],
    ['sysctl-tcp-syncookies', 'echo "# mine" >>/etc/sysctl.d/60-opsctl-net.ipv4.tcp_syncookies.conf'],
    ['accounts-password-ageing', 'echo "# mine" >>/etc/login.defs'],
    ['files-passwd', 'chmod 600 /etc/passwd'],
    ['accounts-empty-passwords', 'sed -i "s/^guest:[^:]*/guest:abcdefghijklm/" /etc/shadow'],
  ])(
    'to %s is not lost in an undo',
    async (rule, edit) => {
      const { demandOwn } = await fixed(rule)
      expect(await demandOwn()).toBeUndefined()
      await root.sh(edit)
      expect(String(await demandOwn())).toMatch(/after this change/)
    },
    60_000,
  )

  test('a password that was given to an account is never taken away, not even by force', async () => {
    await root.sh('sed -i "s/^guest:[^:]*/guest:/" /etc/shadow')
    const { before } = await fixed('accounts-empty-passwords')
    await root.sh('sed -i "s/^guest:[^:]*/guest:abcdefghijklm/" /etc/shadow')
    const step = hardenFix.build({ rule: 'accounts-empty-passwords' })
    await step.undo?.(root.place, before)
    expect(await rejection(step.verifyUndone?.(root.place, before))).toBeInstanceOf(StepError)
    expect(await root.sh('grep ^guest: /etc/shadow')).toStartWith('guest:abcdefghijklm:')
  }, 60_000)

  test('an account is locked and made as it was', async () => {
    await root.sh('sed -i "s/^guest:[^:]*/guest:/" /etc/shadow')
    await roundTrip({
      build: () => lockAccount.build({ name: 'guest' }),
      place: root.place,
      state: () => root.sh('cat /etc/shadow /etc/passwd; stat -c "%a %U %G" /etc/shadow'),
    })
  }, 60_000)

  test('forwarding of single interfaces comes back as it was', async () => {
    const conf = '/proc/sys/net/ipv*/conf'
    await root.sh(`echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
      for file in ${conf}/lo/forwarding ${conf}/default/forwarding; do echo 0 >$file; done`)
    const state = () => root.sh(`for file in ${conf}/*/forwarding ${conf}/*/accept_redirects; do echo $file $(cat $file); done`)
    const start = await state()
    const { before } = await fixed('sysctl-ip-forward')
    expect(await state()).not.toBe(start)
    const step = hardenFix.build({ rule: 'sysctl-ip-forward' })
    await step.undo?.(root.place, before)
    await step.verifyUndone?.(root.place, before)
    expect(await state()).toBe(start)
  }, 60_000)

  test('an account whose line passwd does not understand is not touched', async () => {
    await root.sh('echo short::19700:0 >>/etc/shadow')
    expect(String(await rejection(lockAccount.build({ name: 'short' }).capture(root.place)))).toContain('nine fields')
  }, 60_000)
})
