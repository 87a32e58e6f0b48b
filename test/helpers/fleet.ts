import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { writeClientFiles } from './client-files.ts'
import { freePort } from './free-port.ts'
import { poll } from './poll.ts'
import { type HostKeyType, makeKey } from './ssh-key.ts'

export interface FleetOptions {
  /** How many addresses, from 127.0.1.1 on; 1 when absent. All of them answer: it is one sshd on 0.0.0.0. */
  readonly hosts?: number
  /** ed25519 alone when absent. */
  readonly hostKeys?: readonly HostKeyType[]
  /** Further accounts besides the plain one; without a root test process they cannot be made. */
  readonly users?: readonly FleetUserOptions[]
  /** `10:30:100` style; 1000:30:2000 when absent. */
  readonly maxStartups?: string
  readonly maxSessions?: number
  /** Lines put before the defaults (the first value wins), or a function that may also write files into the fleet's directory. */
  readonly sshdConfig?: string | ((directory: string) => string | Promise<string>)
  /** `Match` blocks: they come last. */
  readonly matches?: string | ((directory: string) => string | Promise<string>)
}

export interface FleetUserOptions {
  readonly shell?: string
  /** Absent: key only. */
  readonly password?: string
  /** May become anyone with sudo, asked for the password or not. */
  readonly sudo?: 'password' | 'nopasswd'
}

export interface FleetUser {
  readonly name: string
  readonly home: string
  readonly password?: string
}

/** One real sshd that stands for many hosts: 127.0.1.1, 127.0.1.2 … on one port. */
export interface Fleet extends AsyncDisposable {
  readonly addresses: readonly string[]
  readonly port: number
  /** A plain account with /bin/sh, made for this fleet (the test's own one when the test is not root). */
  readonly user: FleetUser
  /** Those of `options.users`, in that order. */
  readonly users: readonly FleetUser[]
  /** Private ed25519 key that every account accepts; the public one is beside it with `.pub`. */
  readonly keyFile: string
  /** Lines `type base64`, as in known_hosts, by type. */
  readonly hostKeys: ReadonlyMap<HostKeyType, string>
  /** Every address as `[127.0.1.1]:port`, with every host key. */
  readonly knownHostsFile: string
  /** For `ssh -F` and `--ssh-config`: port, user, key and known_hosts of 127.*. */
  readonly sshConfigFile: string
  /** Ansible INI: a group `fleet` with all addresses. */
  readonly inventoryFile: string
  /** Removed with the fleet. Accounts may enter it, not list it. */
  readonly directory: string
  /** What sshd logged. */
  log(): Promise<string>
  stop(): Promise<void>
}

/**
 * Starts the fleet and waits until it listens, 30 s at most. Stop it, or use `await using`; it also ends with the test process.
 * Needs sshd: ask `needs('sshd')` first.
 */
export async function startFleet(options: FleetOptions = {}): Promise<Fleet> {
  for (let attempt = 1; ; attempt++) {
    const fleet = await tryFleet(options, await freePort())
    if (typeof fleet !== 'string') return fleet
    if (attempt === 5 || !fleet.includes('Address already in use')) throw new Error(`the fleet did not start:\n${fleet}`)
  }
}

/** The running fleet, or what sshd said when it did not run. */
async function tryFleet(options: FleetOptions, port: number): Promise<Fleet | string> {
  const directory = await mkdtemp(join(tmpdir(), 'opsctl-fleet-'))
  await chmod(directory, 0o711)
  const addresses = fleetAddresses(options.hosts ?? 1)
  const [user, users] = await writeUsers(directory, options.users ?? [])
  const { keyFile, hostKeys } = await writeKeys(directory, options.hostKeys ?? ['ed25519'])
  const hosts = addresses.map(address => ({ address, port, hostKeys: [...hostKeys.values()] }))
  const files = await writeClientFiles({ directory, hosts, user: user.name, keyFile })
  await writeFile(join(directory, 'sshd_config'), await sshdConfig(options, { directory, port, hostKeys: [...hostKeys.keys()] }))

  const script = new URL('fleet.sh', import.meta.url).pathname
  const watchdog = spawn('sh', [script, directory], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' })
  const gone = once(watchdog, 'exit')
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8').catch(() => '')
  const stop = async (): Promise<void> => {
    watchdog.stdin.end()
    await gone
  }
  const state = await poll('sshd listens', 30_000, async () => {
    if ((await read('ended')) !== '') return 'ended'
    return (await read('sshd.log')).includes('Server listening') ? 'listens' : undefined
  })
  if (state === 'ended') {
    const said = (await read('sshd.log')) + (await read('fleet.log'))
    await stop()
    return said
  }
  return {
    ...{ addresses, port, user, users, keyFile, hostKeys, directory, ...files },
    log: () => read('sshd.log'),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** 127.0.1.1 … 127.0.1.250, 127.0.2.1 …, skipping `from` of them. */
export function fleetAddresses(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index
    return `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`
  })
}

async function writeUsers(directory: string, wanted: readonly FleetUserOptions[]): Promise<[FleetUser, FleetUser[]]> {
  const root = userInfo().uid === 0
  if (!root && wanted.length > 0) throw new Error('only root can make accounts: ask needs("root") first')
  const suffix = directory.slice(-6).toLowerCase()
  const all = root ? [{} satisfies FleetUserOptions, ...wanted] : []
  const made = all.map((options: FleetUserOptions, index) => {
    const name = `ops-${suffix}-${index}`
    return { ...options, name, home: join(directory, 'home', name) }
  })
  const sudoers = made
    .filter(user => user.sudo !== undefined)
    .map(user => `${user.name} ALL=(ALL:ALL) ${user.sudo === 'nopasswd' ? 'NOPASSWD: ' : ''}ALL\n`)
  await writeFile(join(directory, 'users'), made.map(user => `${user.name} ${user.shell ?? '/bin/sh'}\n`).join(''))
  await writeFile(join(directory, 'sudoers'), sudoers.join(''), { mode: 0o600 })
  const passwords = made.filter(user => user.password !== undefined).map(user => `${user.name}:${user.password}\n`)
  await writeFile(join(directory, 'passwords'), passwords.join(''), { mode: 0o600 })
  const [plain = { name: userInfo().username, home: userInfo().homedir }, ...others] = made
  return [plain, others]
}

async function writeKeys(directory: string, types: readonly HostKeyType[]) {
  const keyFile = join(directory, 'id_ed25519')
  const publicKey = await makeKey(keyFile, 'ed25519')
  await writeFile(join(directory, 'authorized_keys'), `${publicKey}\n`)
  const lines = await Promise.all(types.map(async type => [type, await makeKey(join(directory, `host_${type}`), type)] as const))
  return { keyFile, hostKeys: new Map(lines) }
}

async function sshdConfig(
  options: FleetOptions,
  { directory, port, hostKeys }: { directory: string; port: number; hostKeys: readonly HostKeyType[] },
): Promise<string> {
  const text = async (lines: FleetOptions['sshdConfig']): Promise<string> =>
    (typeof lines === 'function' ? await lines(directory) : lines) ?? ''
  return `${await text(options.sshdConfig)}
ListenAddress 0.0.0.0
Port ${port}
${hostKeys.map(type => `HostKey ${directory}/host_${type}`).join('\n')}
PidFile none
AuthorizedKeysFile ${directory}/authorized_keys
PasswordAuthentication ${options.users?.some(user => user.password !== undefined) ? 'yes' : 'no'}
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
PrintLastLog no
MaxStartups ${options.maxStartups ?? '1000:30:2000'}
MaxSessions ${options.maxSessions ?? 10}
Subsystem sftp internal-sftp
${await text(options.matches)}
`
}
