import { describe, expect, test } from 'bun:test'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { hostNamed } from '../../../src/lib/core/host.ts'
import { softwareOf } from '../../../src/lib/net/ssh-banner.ts'
import login from '../../../src/lib/probe/checks/login.ts'
import ssh from '../../../src/lib/probe/checks/ssh.ts'
import type { Observation } from '../../../src/lib/probe/observation.ts'
import { startFleet } from '../../helpers/fleet.ts'
import { inProcess } from '../../helpers/in-process.ts'
import { needs } from '../../helpers/needs.ts'
import { makeKey } from '../../helpers/ssh-key.ts'
import { fleetPool } from '../../transport/fleet-pool.ts'
import { actingServer } from '../acting-server.ts'
import { checkPlace } from '../check-place.ts'
import { endless, lookInTime, resetting, silent, slow } from '../hostile-servers.ts'

// Wants calm: looks may take 100 ms more than their deadline.

const at = ({ port }: { readonly port: number }): string => `ssh://127.0.0.1:${port}`

describe.skipIf(!needs('sshd', 'ssh-keygen'))('a real sshd', () => {
  test('introduces itself, here and from a host, and lets in who may', async () => {
    await using fleet = await startFleet()
    await using pool = fleetPool(fleet)
    const transport = await pool.connect(hostNamed('127.0.1.1'), { signal: new AbortController().signal })
    const wish = { type: 'ssh_version', software: 'openssh', version: '>= 7, < 100' }
    const check = ssh.build({ endpoint: `ssh://127.0.1.1:${fleet.port}`, dimensions: [wish, { type: 'reachability' }] })
    for (const place of [checkPlace(), { ...checkPlace(), transport, from: 'host' as const }]) {
      const result = await check.run(place)
      expect(result).toMatchObject({ verdict: 'pass', message: expect.stringMatching(/^OpenSSH \d/) })
      expect(Object.keys(result.metrics ?? {})).toEqual(['connect_seconds', 'wait_seconds', 'total_seconds'])
    }
    const place = { ...checkPlace(), transport }
    expect(await login.build({ user: fleet.user.name }).run(place)).toMatchObject({
      verdict: 'pass',
      metrics: { command_seconds: expect.any(Number) },
    })
    expect(await login.build({ threshold: '1ms' }).run(place)).toMatchObject({ verdict: 'fail', reason: 'slow' })
  }, 120_000)
})

test.skipIf(!needs('sshd', 'ssh-keygen'))(
  'a login is refused for certain by a host that takes no key of ours, or is another; a host that is away tells nothing',
  async () => {
    await using fleet = await startFleet()
    await makeKey(join(fleet.directory, 'other'), 'ed25519')
    const own = await readFile(fleet.sshConfigFile, 'utf8')
    const config = join(fleet.directory, 'other_config')
    const checks = join(fleet.directory, 'checks.yaml')
    await writeFile(checks, 'checks: [{ type: login }, { type: load, name: load, retries: 0 }]\n')
    const verdicts = async (text: string, target: string): Promise<unknown> => {
      await writeFile(config, text)
      const argv = ['probe', '-f', checks, '-t', target, '--ssh-config', config, '--connect-timeout', '3s', '-o', 'json']
      const { code, stdout } = await inProcess(argv, { home: fleet.directory })
      const items: { name: string; verdict: string; reason?: string }[] = JSON.parse(stdout).items
      return [code, ...items.map(({ name, verdict, reason }) => `${name} ${verdict} ${reason ?? ''}`)]
    }
    const refused = own.replace(fleet.keyFile, join(fleet.directory, 'other'))
    expect(await verdicts(refused, '127.0.1.1')).toEqual([1, 'login fail auth', 'load unknown auth'])
    const stranger = join(fleet.directory, 'other_known_hosts')
    const another = await readFile(join(fleet.directory, 'other.pub'), 'utf8')
    await writeFile(stranger, `[127.0.1.1]:${fleet.port} ${another.split(' ').slice(0, 2).join(' ')}\n`)
    const changed = own.replace(fleet.knownHostsFile, stranger)
    expect(await verdicts(changed, '127.0.1.1')).toEqual([1, 'login fail hostkey', 'load unknown hostkey'])
    const away = own.replace(`Port ${fleet.port}`, 'Port 9')
    expect(await verdicts(away, '127.0.1.1')).toEqual([69, 'login unknown unreachable', 'load unknown unreachable'])
  },
  120_000,
)

const banners: readonly (readonly [string, object])[] = [
  ['SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n', { software: 'OpenSSH', version: '9.2p1', comments: 'Debian-2+deb12u3' }],
  ['SSH-1.99-Cisco-1.25\n', { protocol: '1.99', software: 'Cisco', version: '1.25' }],
  ['SSH-2.0-dropbear_2022.83\r\n', { software: 'dropbear', version: '2022.83' }],
  ['SSH-2.0-OpenSSH_for_Windows_8.1\r\n', { software: 'OpenSSH_for_Windows', version: '8.1' }],
  ['SSH-2.0-Go\r\n', { software: 'Go', protocol: '2.0' }],
  ['who goes there?\r\nstate your business\r\nSSH-2.0-mod_sftp\r\n', { software: 'mod_sftp' }],
  [`SSH-2.0-${'x'.repeat(245)}\r\n`, { software: 'x'.repeat(245) }],
]
test.each(banners)('reads %j', async (text, seen) => {
  let observation: Observation | undefined
  await using server = await actingServer([{ says: text }, { hears: /^SSH-2\.0-opsctl$/ }])
  const place = { ...checkPlace(), observed: (told: object) => (observation = told as Observation) }
  expect(await ssh.build({ endpoint: at(server) }).run(place)).toMatchObject({ verdict: 'pass' })
  expect(observation?.seen).toMatchObject(seen)
})

const judged: readonly (readonly [string, object, object])[] = [
  ['SSH-2.0-OpenSSH_9.2p1', { version: '>= 9.3' }, { verdict: 'fail', reason: 'state', message: 'OpenSSH 9.2p1, not >= 9.3' }],
  ['SSH-2.0-OpenSSH_9.2p1', { version: '>= 9.2, < 9.10' }, { verdict: 'pass' }],
  ['SSH-2.0-dropbear_2022.83', { software: 'OpenSSH' }, { verdict: 'fail', message: 'dropbear 2022.83, not OpenSSH' }],
  ['SSH-2.0-Go', { version: '>= 1' }, { verdict: 'unknown', message: 'Go does not tell its version' }],
  ['SSH-1.5-old', {}, { verdict: 'fail', reason: 'protocol', message: 'old speaks SSH 1.5, not 2' }],
]
test.each(judged)('judges %s by %j', async (banner, wish, expected) => {
  await using server = await actingServer([{ says: `${banner}\r\n` }])
  const check = ssh.build({ endpoint: at(server), dimensions: [{ type: 'ssh_version', ...wish }] })
  expect(await check.run(checkPlace())).toMatchObject(expected)
})

describe('a hostile server', () => {
  const breaking = [`SSH-2.0-${'x'.repeat(246)}\r\n`, 'SSH-\r\n', 'SSH-2.0\r\n', 'SSH-2.0-a\0b\r\n', `${'hello\n'.repeat(1025)}`]
  test.each(breaking)('that says %j breaks the protocol', async says => {
    await using server = await actingServer([{ says }])
    const { result } = await lookInTime(ssh, { endpoint: at(server) })
    expect(result).toMatchObject({ verdict: 'fail', reason: 'protocol' })
  })

  test('is given up in time, whatever it does', async () => {
    await using mute = await silent()
    expect((await lookInTime(ssh, { endpoint: at(mute) })).result).toMatchObject({ reason: 'timeout' })
    await using dripping = await slow('SSH-2.0-'.padEnd(200, 'x'))
    expect((await lookInTime(ssh, { endpoint: at(dripping) })).result).toMatchObject({ reason: 'timeout' })
    await using flooding = await endless('SSH')
    expect((await lookInTime(ssh, { endpoint: at(flooding) })).result).toMatchObject({ reason: 'too-large' })
  })

  test('that resets the connection at any byte is told as such', async () => {
    const banner = Buffer.from('hi\r\nSSH-2.0-x')
    for (let length = 0; length <= banner.length; length++) {
      await using server = await resetting(banner.subarray(0, length))
      expect((await lookInTime(ssh, { endpoint: at(server) }, 2000)).result).toMatchObject({ reason: 'reset' })
    }
  })
})

test('a name and a version are put together again to what was sent', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), text => {
      const { software, version } = softwareOf(text)
      expect(text.startsWith(software)).toBe(true)
      expect(text.endsWith(version ?? software)).toBe(true)
    }),
  )
})
