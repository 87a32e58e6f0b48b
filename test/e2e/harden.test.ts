import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SshHosts, startSshHosts } from '../harden/ssh-hosts.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlEnd, opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { makeKey } from '../helpers/ssh-key.ts'

const patient = { deadlineMs: 120_000 }
const dropIn = (rule: string): string => `ssh/sshd_config.d/00-opsctl-${rule}.conf`

describe.skipIf(!needs('root', 'mount', 'sshd', 'sudo'))('opsctl harden over SSH', () => {
  let fleet: SshHosts
  /** Of a client that shows four keys in vain before the right one: more than the rule on tries allows. */
  let manyKeys: string
  beforeAll(async () => {
    fleet = await startSshHosts(3)
    manyKeys = await configWithManyKeys(fleet)
  }, 120_000)
  afterAll(() => fleet[Symbol.asyncDispose]())

  const global = (): string[] => ['--state-dir', join(fleet.directory, 'state')]
  const on = (hosts: number, sshConfig = fleet.sshConfigFile): string[] => [
    ...[
      '-t',
      fleet.hosts
        .slice(0, hosts)
        .map(({ address }) => address)
        .join(','),
    ],
    ...['--ssh-config', sshConfig],
  ]
  const harden = (verb: string, hosts: number, ...flags: readonly string[]): Promise<OpsctlEnd> =>
    opsctl([...global(), 'harden', verb, ...on(hosts), ...flags], patient)
  const asDeploy = ['--user', 'deploy', '--sudo']

  test('judges three hosts by every rule and keeps the report', async () => {
    const { code, stdout } = await harden('scan', 3, '-o', 'json', '--skip', 'sysctl=it is that of the machine')
    expect(code).toBe(1)
    const { items } = JSON.parse(stdout)
    for (const { address } of fleet.hosts) {
      const of = (name: string) =>
        items.find((item: { host: string; name: string }) => item.host === address && item.name === name)
      expect(of('sshd-max-auth-tries')).toMatchObject({
        verdict: 'fail',
        message: 'MaxAuthTries is 6',
        data: { severity: 'medium', fixable: true },
      })
      expect(of('sshd-permit-empty-passwords')).toMatchObject({ verdict: 'pass' })
      expect(of('sysctl-ip-forward')).toMatchObject({ verdict: 'na', message: 'skipped: it is that of the machine' })
    }
    const runs = await opsctl([...global(), 'runs', 'list'], patient)
    expect(runs.stdout).toMatch(/harden +3 hosts +\d+ fail/)
    const again = await opsctl([...global(), 'harden', 'report', '-o', 'html'], patient)
    expect(again.code).toBe(1)
    expect(again.stdout).toContain('MaxAuthTries is 6')
  }, 120_000)

  test('leaves without a verdict what the user may not read', async () => {
    const { code, stdout } = await harden('scan', 1, '--user', 'deploy', '--rule', 'sudo-authenticate', '-o', 'json')
    expect({ code, message: JSON.parse(stdout).items[0].message }).toEqual({
      code: 3,
      message: expect.stringContaining('--sudo'),
    })
  }, 120_000)

  test('fixes sshd and sudo on three hosts, finds nothing to do the second time, and takes all of it back', async () => {
    const rules = ['--rule', 'sshd-max-auth-tries', '--rule', 'files-sshd-config', '--rule', 'sudo-logfile']
    const before = await Promise.all(fleet.hosts.map(({ sh }) => sh(state)))
    const dry = await harden('fix', 3, ...asDeploy, ...rules, '--dry-run')
    expect({ code: dry.code, stdout: dry.stdout }).toEqual({ code: 0, stdout: expect.stringContaining('+MaxAuthTries 4\n') })
    expect(await Promise.all(fleet.hosts.map(({ sh }) => sh(state)))).toEqual(before)

    const fixed = await harden('fix', 3, ...asDeploy, ...rules, '--yes', '--wave', '1', '-o', 'json')
    const failed = JSON.parse(fixed.stdout).items.filter(({ outcome }: { outcome: string }) => outcome !== 'changed')
    expect({ code: fixed.code, failed }).toEqual({ code: 0, failed: [] })
    for (const { read, sh, log } of fleet.hosts) {
      expect(await log()).toContain('Received SIGHUP; restarting')
      expect(await read(dropIn('sshd-max-auth-tries'))).toContain('MaxAuthTries 4')
      expect(await sh('sshd -T | grep maxauthtries')).toContain('maxauthtries 4')
    }
    const scanned = await harden('scan', 3, ...asDeploy, ...rules)
    expect({ code: scanned.code, stdout: scanned.stdout }).toEqual({ code: 0, stdout: expect.any(String) })
    const again = await harden('fix', 3, ...asDeploy, ...rules, '--yes', '-o', 'json')
    expect({ code: again.code, changed: JSON.parse(again.stdout).changed }).toEqual({ code: 0, changed: false })

    const { runId } = JSON.parse(fixed.stdout)
    const undone = await opsctl([...global(), 'undo', runId, '--ssh-config', fleet.sshConfigFile, ...asDeploy], patient)
    expect({ code: undone.code, stderr: undone.stderr }).toEqual({ code: 0, stderr: expect.any(String) })
    expect(await Promise.all(fleet.hosts.map(({ sh }) => sh(state)))).toEqual(before)
  }, 300_000)

  test('touches nothing when a host can not be reached, unless that is allowed', async () => {
    const [host] = fleet.hosts
    const before = await host?.sh(state)
    const targets = ['-t', `${host?.address},127.0.8.99`, '--ssh-config', fleet.sshConfigFile, '--retries', '0']
    const fix = ['harden', 'fix', ...targets, ...asDeploy, '--rule', 'sshd-max-auth-tries', '--yes', '-o', 'json']
    const { code, stdout, stderr } = await opsctl([...global(), ...fix], patient)
    expect({ code, stderr, items: JSON.parse(stdout).items }).toEqual({
      code: 1,
      stderr: expect.stringContaining('nothing is changed: 127.0.8.99 can not be looked at'),
      items: expect.arrayContaining([expect.objectContaining({ host: '127.0.8.99', outcome: 'failed', reason: 'unreachable' })]),
    })
    expect(await host?.sh(state)).toBe(before ?? '')
  }, 120_000)

  test('takes back by itself what would lock out the user that made it', async () => {
    const [host] = fleet.hosts
    const before = await host?.sh(state)
    const flags = ['--rule', 'sshd-max-auth-tries', '--yes', '--hold', '10s', '-o', 'json']
    const { code, stdout } = await opsctl([...global(), 'harden', 'fix', ...on(1, manyKeys), ...flags], patient)
    expect({ code, items: JSON.parse(stdout).items }).toEqual({
      code: 5,
      items: expect.arrayContaining([expect.objectContaining({ name: 'a new login', outcome: 'failed', reason: 'auth' })]),
    })
    expect(await host?.sh(state)).toBe(before ?? '')
    const login = await opsctl(
      [...global(), 'harden', 'scan', ...on(1, manyKeys), '--rule', 'sshd-max-auth-tries', '-o', 'json'],
      patient,
    )
    expect(JSON.parse(login.stdout).items).toEqual([expect.objectContaining({ verdict: 'fail' })])
  }, 120_000)

  test('refuses to shut out the login that it is made with, before anything is touched', async () => {
    const [host] = fleet.hosts
    const before = await host?.sh(state)
    const { code, stderr } = await harden('fix', 3, '--rule', 'sshd', '--yes')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(
        'sshd-permit-root-login would shut out root on 127.0.8.[1-3], which is the login of this run',
      ),
    })
    expect(await host?.sh(state)).toBe(before ?? '')
    const dry = await harden('fix', 3, '--rule', 'sshd-permit-root-login', '--dry-run')
    expect({ code: dry.code, stderr: dry.stderr }).toEqual({ code: 0, stderr: expect.stringContaining('would shut out root') })
    const other = await harden('fix', 1, ...asDeploy, '--rule', 'sshd-permit-root-login', '--yes', '-o', 'json')
    expect(other.code).toBe(0)
    const { runId } = JSON.parse(other.stdout)
    await opsctl([...global(), 'undo', runId, '--ssh-config', fleet.sshConfigFile, ...asDeploy], patient)
    expect(await host?.sh(state)).toBe(before ?? '')
  }, 120_000)

  test('tells of an sshd that nobody knows and that keeps its old settings', async () => {
    const [, host] = fleet.hosts
    await host?.sh('mv /run/sshd.pid /run/elsewhere')
    const flags = [...asDeploy, '--rule', 'sshd-max-auth-tries', '--yes', '-o', 'json', '--ssh-config', fleet.sshConfigFile]
    const { code, stdout, stderr } = await opsctl([...global(), 'harden', 'fix', '-t', host?.address ?? '', ...flags], patient)
    const { runId, items } = JSON.parse(stdout)
    expect({ code, items, stderr }).toEqual({
      code: 0,
      items: expect.arrayContaining([
        expect.objectContaining({ name: 'reload sshd', message: expect.stringContaining('it still has its old settings') }),
      ]),
      stderr: expect.stringContaining('restart it yourself'),
    })
    await host?.sh('mv /run/elsewhere /run/sshd.pid')
    await opsctl([...global(), 'undo', runId, '--ssh-config', fleet.sshConfigFile, ...asDeploy], patient)
  }, 120_000)

  test('is taken back by the host when opsctl is killed with the door shut', async () => {
    const [host] = fleet.hosts
    const before = await host?.sh(state)
    const shutBefore = reloads(await host?.log())
    const run = await startOpsctl(
      [...global(), 'harden', 'fix', ...on(1, manyKeys), '--rule', 'sshd-max-auth-tries', '--yes', '--hold', '6s'],
      patient,
    )
    // Its reload waits a second until sshd listens again: the new login has not been tried yet.
    await poll('the door is shut', 60_000, async () => reloads(await host?.log()) > shutBefore)
    expect(await host?.read(dropIn('sshd-max-auth-tries'))).toContain('MaxAuthTries 4')
    run.kill('SIGKILL')
    await run.ended
    await poll('the host has taken it back', 60_000, async () => (await host?.sh(state)) === before)
    await poll('the same client can log in again', 30_000, async () => {
      const { stdout } = await opsctl(
        [...global(), 'harden', 'scan', ...on(1, manyKeys), '--rule', 'sshd-max-auth-tries', '-o', 'json'],
        patient,
      )
      return JSON.parse(stdout).items[0]?.verdict === 'fail'
    })
  }, 180_000)
})

async function configWithManyKeys({ directory, sshConfigFile }: SshHosts): Promise<string> {
  const keys = [1, 2, 3, 4].map(number => join(directory, `wrong-${number}`))
  await Promise.all(keys.map(key => makeKey(key, 'ed25519')))
  const file = join(directory, 'many_keys')
  await writeFile(file, `Host *\n${keys.map(key => `  IdentityFile ${key}\n`).join('')}${await readFile(sshConfigFile, 'utf8')}`)
  return file
}

const reloads = (log: string | undefined): number => log?.split('Received SIGHUP').length ?? 0

/** All that these fixes may change. */
const state = `cd /etc && find ssh sudoers sudoers.d -exec stat -c '%n %a %u:%g' {} + | sort; find ssh sudoers sudoers.d -type f -exec sha256sum {} + | sort; sshd -T | sort`
