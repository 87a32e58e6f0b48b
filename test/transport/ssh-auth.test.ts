import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hostNamed } from '../../src/lib/core/host.ts'
import type { ConnectorOptions } from '../../src/lib/transport/pool.ts'
import type { SshTarget } from '../../src/lib/transport/ssh-target.ts'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { makeKey } from '../helpers/ssh-key.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { fleetPool } from './fleet-pool.ts'

const run = promisify(execFile)
const signal = new AbortController().signal
const password = 'correct horse battery'

describe.skipIf(!needs('sshd', 'ssh-keygen', 'ssh-agent', 'root'))('authentication', () => {
  let fleet: Fleet
  let keys: TempDir
  let agent: { readonly socket: string; readonly stop: () => Promise<void>; readonly add: (file: string) => Promise<unknown> }
  beforeAll(async () => {
    keys = await tempDir()
    await makeKey(join(keys.path, 'user_ca'), 'ed25519')
    fleet = await startFleet({
      users: [{ password }],
      sshdConfig: async directory => {
        await copyFile(join(keys.path, 'user_ca.pub'), join(directory, 'user_ca.pub'))
        return `TrustedUserCAKeys ${directory}/user_ca.pub\nAllowAgentForwarding yes`
      },
    })
    agent = await startAgent(join(keys.path, 'agent'))
  })
  afterAll(async () => {
    await agent.stop()
    await fleet.stop()
    await keys[Symbol.asyncDispose]()
  })

  /** A key that the fleet accepts. */
  async function acceptedKey(name: string, type: Parameters<typeof makeKey>[1], passphrase = ''): Promise<string> {
    const file = join(keys.path, name)
    await appendFile(join(fleet.directory, 'authorized_keys'), `${await makeKey(file, type, passphrase)}\n`)
    return file
  }

  async function whoami(target: Partial<SshTarget>, options: Partial<ConnectorOptions> = {}): Promise<string> {
    await using pool = fleetPool(fleet, { targets: { web1: target }, ...options })
    const transport = await pool.connect(hostNamed('web1', { address: '127.0.1.1' }), { signal })
    const { stdout } = await transport.run({ argv: ['id', '-un'] }, { signal })
    return Buffer.from(stdout).toString().trim()
  }

  test.each(['ed25519', 'rsa', 'ecdsa'] as const)('takes an %s key from a file and from an agent', async type => {
    const file = await acceptedKey(`id_${type}`, type)
    expect(await whoami({ identityFiles: [file] })).toBe(fleet.user.name)
    await agent.add(file)
    expect(await whoami({ identityFiles: [], identityAgent: agent.socket, identitiesOnly: false })).toBe(fleet.user.name)
  })

  test('asks for the passphrase of a key once, however many hosts it opens, and not before a host wants the key', async () => {
    const file = await acceptedKey('id_locked', 'ed25519', 'sesame')
    const stranger = join(keys.path, 'id_stranger')
    await makeKey(stranger, 'ed25519', 'never asked for')
    const asked: string[] = []
    const askPassphrase = async (name: string): Promise<string> => {
      asked.push(name)
      return asked.length === 1 ? 'a slip' : 'sesame'
    }
    const target = { identityFiles: [stranger, file] }
    await using pool = fleetPool(fleet, { askPassphrase, targets: { web1: target, web2: target, web3: target } })
    await Promise.all(['web1', 'web2', 'web3'].map(name => pool.connect(hostNamed(name, { address: '127.0.1.1' }), { signal })))
    expect(asked).toEqual([file, file])
  })

  test('passes over an encrypted key when nobody can be asked, and says so', async () => {
    const file = await acceptedKey('id_locked2', 'ed25519', 'sesame')
    const why = 'encrypted, and nobody can be asked for the passphrase'
    await expect(whoami({ identityFiles: [file] })).rejects.toMatchObject({
      reason: 'auth',
      message: expect.stringContaining(`${file} (${why})`),
    })
  })

  test('offers nothing of a key file that others can read', async () => {
    const file = await acceptedKey('id_open', 'ed25519')
    await chmod(file, 0o644)
    await expect(whoami({ identityFiles: [file] })).rejects.toMatchObject({
      message: expect.stringContaining('others can read it'),
    })
  })

  test('signs with a certificate beside the key', async () => {
    const file = join(keys.path, 'id_certified')
    await makeKey(file, 'rsa')
    await run('ssh-keygen', ['-q', '-s', join(keys.path, 'user_ca'), '-I', 'ops', '-n', fleet.user.name, `${file}.pub`])
    expect(await whoami({ identityFiles: [file] })).toBe(fleet.user.name)
  })

  test('uses a certificate that the agent serves', async () => {
    const file = join(keys.path, 'id_agent_certified')
    await makeKey(file, 'ed25519')
    await run('ssh-keygen', ['-q', '-s', join(keys.path, 'user_ca'), '-I', 'ops', '-n', fleet.user.name, `${file}.pub`])
    const other = await startAgent(join(keys.path, 'other-agent'))
    await other.add(file)
    const target = { identityFiles: [], identityAgent: other.socket, identitiesOnly: false }
    expect(await whoami(target)).toBe(fleet.user.name)
    await other.stop()
  })

  test('offers of the agent only the configured keys with IdentitiesOnly', async () => {
    const file = join(keys.path, 'id_only')
    await makeKey(file, 'ed25519')
    await agent.add(file)
    const refused = whoami({ identityFiles: [file], identityAgent: agent.socket, identitiesOnly: true })
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('tried: agent (1 key); the host accepts publickey'),
    })
  })

  test('goes on without an agent that does not answer', async () => {
    expect(await whoami({ identityAgent: '/nonexistent/agent', identitiesOnly: false })).toBe(fleet.user.name)
  })

  test('takes a password, asked once for all hosts', async () => {
    const [user] = fleet.users
    let asked = 0
    const target = { user: user?.name ?? '', identityFiles: [] }
    await using pool = fleetPool(fleet, {
      targets: { web1: target, web2: target },
      password: async () => {
        asked++
        return password
      },
    })
    await Promise.all(['web1', 'web2'].map(name => pool.connect(hostNamed(name, { address: '127.0.1.1' }), { signal })))
    expect(asked).toBe(1)
  })

  test('tells a wrong password apart from none', async () => {
    const target = { user: fleet.users[0]?.name ?? '', identityFiles: [] }
    await expect(whoami(target, { password: async () => 'wrong' })).rejects.toMatchObject({
      reason: 'auth',
      message: expect.stringMatching(/was refused; tried: .*password; the host accepts publickey, password/),
    })
    await expect(whoami(target)).rejects.toMatchObject({ message: expect.stringContaining('tried: nothing') })
  })

  test('gives the time for connecting no run while a person is asked', async () => {
    const target = { user: fleet.users[0]?.name ?? '', identityFiles: [] }
    const slow = async (): Promise<string> => {
      await Bun.sleep(700)
      return password
    }
    expect(await whoami(target, { password: slow, connectTimeoutMs: 500 })).toBe(target.user)
  })

  test('lends the agent to the host when asked, and not otherwise', async () => {
    const list = async (forwardAgent: boolean): Promise<string> => {
      await using pool = fleetPool(fleet, {
        targets: { web1: { identityAgent: agent.socket, identitiesOnly: false, forwardAgent } },
      })
      const transport = await pool.connect(hostNamed('web1', { address: '127.0.1.1' }), { signal })
      const { stdout } = await transport.run({ shell: 'ssh-add -L || echo no agent' }, { signal, timeoutMs: 5000 })
      return Buffer.from(stdout).toString()
    }
    await agent.add(fleet.keyFile)
    const [, blob = '?'] = (await readFile(`${fleet.keyFile}.pub`, 'utf8')).split(' ')
    expect(await list(true)).toContain(blob.trim())
    expect(await list(false)).toBe('no agent\n')
  })
})

async function startAgent(socket: string) {
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    socket,
    add: (file: string) => run('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } }),
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}
