import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { judgeRule } from '../../src/lib/harden/judge.ts'
import { lookAtHost } from '../../src/lib/harden/look-at-host.ts'
import { allRules } from '../../src/lib/harden/rule-list.ts'
import hardenFix from '../../src/lib/harden/steps/harden-fix.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { kept } from '../plan/round-trip.ts'
import type { Sandbox } from '../plan/sandbox.ts'
import { fingerprintOf, type RootName, startRoot } from './roots.ts'

const rules = allRules()
const ids = rules.map(({ id }) => id)

/** Rules that do not fail on the odd root, though a quick look says so, and those that do. */
const oddFails = [
  'accounts-legacy-entries',
  'accounts-password-ageing',
  'accounts-system-shells',
  'files-crontab',
  'files-passwd',
  'files-shadow',
  'files-sshd-config',
  'sshd-log-level',
  'sshd-login-grace-time',
  'sshd-macs',
  'sshd-max-auth-tries',
  'sshd-permit-empty-passwords',
  'sshd-permit-root-login',
  'sshd-x11-forwarding',
  'sudo-use-pty',
  'sysctl-accept-redirects',
  'sysctl-accept-source-route',
  'sysctl-ip-forward',
  'sysctl-kernel-addresses',
  'sysctl-randomize-va-space',
]

const expected: Readonly<Record<RootName, readonly string[]>> = { good: [], bad: ids, odd: oddFails }

for (const name of ['good', 'bad', 'odd'] as const) {
  describe.skipIf(!needs('root', 'mount', 'netns', 'sshd', 'sudo', 'ssh-keygen'))(`the ${name} root`, () => {
    let directory: TempDir
    let root: Sandbox
    beforeAll(async () => {
      directory = await tempDir()
      root = await startRoot(name, directory.path)
    }, 120_000)
    afterAll(async () => {
      await root[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    })

    test('is judged right by every rule', async () => {
      const facts = await lookAtHost(root.place, rules)
      const judged = rules.map(rule => ({ id: rule.id, ...judgeRule(rule, facts) }))
      expect(judged.filter(({ result }) => result !== 'pass').map(({ id, result }) => `${id} ${result}`)).toEqual(
        expected[name].map(id => `${id} fail`),
      )
    }, 60_000)

    test('holds every rule that can be mended after its fix, changes nothing the second time, and is as before after the undo', async () => {
      const facts = await lookAtHost(root.place, rules)
      const start = await fingerprintOf(root)
      const fixed: { readonly id: string; readonly before: ReturnType<typeof kept> }[] = []
      const fixable = rules.filter(rule => judgeRule(rule, facts).result === 'fail' && rule.fix?.(facts) !== undefined)
      const stepOf = (id: string) => hardenFix.build({ rule: id })
      for (const { id } of fixable) {
        const before = kept(await stepOf(id).capture(root.place))
        expect(stepOf(id).needed(before)).toBe(true)
        expect(stepOf(id).diff(before)).not.toBe('')
        await stepOf(id).do(root.place, before)
        await stepOf(id).verify(root.place, before)
        expect(stepOf(id).needed(kept(await stepOf(id).capture(root.place)))).toBe(false)
        fixed.push({ id, before })
      }
      const again = await lookAtHost(root.place, rules)
      const left = rules.filter(rule => judgeRule(rule, again).result !== 'pass').map(({ id }) => id)
      expect(left).toEqual(expected[name].filter(id => !fixable.some(rule => rule.id === id)))
      for (const { id, before } of fixed.toReversed()) {
        await stepOf(id).undo?.(root.place, before)
        await stepOf(id).verifyUndone?.(root.place, before)
      }
      expect(await fingerprintOf(root)).toBe(start)
    }, 300_000)
  })
}
