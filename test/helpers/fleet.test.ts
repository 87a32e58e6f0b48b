import { expect, test } from 'bun:test'
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { startFleet } from './fleet.ts'
import { needs } from './needs.ts'
import { poll } from './poll.ts'

const run = promisify(execFile)
const ready = needs('sshd', 'ssh')

test.skipIf(!ready)(
  'answers on every address with a verified host key, as a plain user with /bin/sh',
  async () => {
    await using fleet = await startFleet({ hosts: 300, hostKeys: ['ed25519', 'rsa', 'ecdsa'] })
    expect(fleet.addresses).toHaveLength(300)
    expect(fleet.addresses[250]).toBe('127.0.2.1')
    for (const address of [fleet.addresses[0], fleet.addresses[299]]) {
      const { stdout } = await run('ssh', ['-F', fleet.sshConfigFile, address ?? '', 'id -un; echo $SSH_CONNECTION'])
      expect(stdout).toStartWith(`${fleet.user.name}\n`)
      expect(stdout).toEndWith(` ${address} ${fleet.port}\n`)
    }
    expect(await fleet.log()).toContain(`Accepted publickey for ${fleet.user.name}`)
  },
  60_000,
)

test.skipIf(!(ready && needs('root', 'sudo')))(
  'makes accounts with a password and sudo, and takes them back',
  async () => {
    const fleet = await startFleet({ users: [{ password: 'correct horse', sudo: 'password' }, { sudo: 'nopasswd' }] })
    const [careful, free] = fleet.users
    const sudo = (user: string | undefined, command: string) =>
      run('ssh', ['-F', fleet.sshConfigFile, '-l', user ?? '', '127.0.1.1', command])
    expect((await sudo(free?.name, 'sudo -n id -u')).stdout).toBe('0\n')
    expect((await sudo(careful?.name, 'echo correct horse | sudo -S -p "" id -u')).stdout).toBe('0\n')
    await expect(sudo(careful?.name, 'sudo -n id -u')).rejects.toThrow()
    await fleet.stop()
    expect(await readFile('/etc/passwd', 'utf8')).not.toContain(careful?.name ?? '?')
    expect(existsSync(fleet.directory)).toBe(false)
  },
  60_000,
)

test.skipIf(!ready)(
  'ends with the process that started it, and what it ran ends too',
  async () => {
    const source = `import { startFleet } from '${import.meta.dir}/fleet.ts'
    const fleet = await startFleet()
    process.stdout.write(JSON.stringify(fleet))
    setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
    const fleet = JSON.parse(String((await child.stdout.take(1).toArray())[0]))
    const left = `sleep ${80_000_000 + process.pid}`
    const remote = `${left} </dev/null >/dev/null 2>&1 & echo started`
    expect((await run('ssh', ['-F', fleet.sshConfigFile, '127.0.1.1', remote])).stdout).toBe('started\n')
    child.kill('SIGKILL')
    await poll('the directory is gone', 30_000, () => !existsSync(fleet.directory))
    expect((await run('ps', ['-eo', 'args'])).stdout.split('\n').includes(left)).toBe(false)
  },
  60_000,
)

test.skipIf(!ready)(
  'says why it did not start',
  async () => {
    await expect(startFleet({ sshdConfig: 'NoSuchOption yes' })).rejects.toThrow('NoSuchOption')
  },
  60_000,
)
