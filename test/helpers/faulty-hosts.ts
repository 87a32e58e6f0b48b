import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeClientFiles } from './client-files.ts'
import { type Fleet, type FleetOptions, fleetAddresses, startFleet } from './fleet.ts'
import { freePort } from './free-port.ts'
import { makeKey } from './ssh-key.ts'

/** Hosts of a real sshd whose forced command misbehaves: what the user's shell then runs. */
const forcedCommands = {
  /** Runs the command and sends its exit status, but a process in the background keeps the channel open. */
  'never-closes': '/bin/sh -c "$SSH_ORIGINAL_COMMAND"; code=$?; sleep 86400 & exit $code',
  /** Runs the command, then neither prints nor ends. */
  'never-exits': '/bin/sh -c "$SSH_ORIGINAL_COMMAND"; exec sleep 86400',
  'prints-1-gib': 'exec head -c 1073741824 /dev/zero',
  /** NUL, invalid UTF-8, CR, an escape sequence and no newline at the end. */
  'prints-binary': `printf '\\000\\377\\376\\200 caf\\351 \\r\\033[31m\\n\\303'`,
  /** A dot every 100 ms for ever: busy, but never done. */
  drips: 'while :; do printf .; sleep 0.1; done',
  'dies-by-signal': 'echo about to die; kill -KILL $$',
  /** The connection ends (FIN) in the middle of the output: its sshd is killed once it has sent the first half. */
  'drops-connection': 'echo half of the; sleep 0.2; kill -KILL $PPID; sleep 86400',
} as const

/** Hosts of a real sshd that never get as far as a command. */
const refusals = ['refuses-auth', 'wrong-host-key'] as const

/** Hosts played by faulty-server.ts, or by nobody. */
export const playedKinds = [
  /** No SYN-ACK: the accept queue is full and stays so. */
  'never-answers',
  /** Accepts and says nothing. */
  'hangs-before-banner',
  /** Sends its banner and nothing else. */
  'hangs-after-banner',
  /** Closes the connection when the client's key exchange begins. */
  'drops-in-kex',
  /** Authenticates, then never answers the opening of a channel. */
  'hangs-after-auth',
  /** Runs the command, so to speak, and closes the channel without an exit status. */
  'no-exit-status',
  /** The connection is reset (RST) in the middle of the output. */
  'resets',
  /** Nobody listens. */
  'refuses-connection',
] as const

export type PlayedKind = (typeof playedKinds)[number]
export type FaultyKind = keyof typeof forcedCommands | (typeof refusals)[number] | PlayedKind

const sshdKinds: readonly FaultyKind[] = [
  'never-closes',
  'never-exits',
  'prints-1-gib',
  'prints-binary',
  'drips',
  'dies-by-signal',
  'drops-connection',
  ...refusals,
]
export const faultyKinds: readonly FaultyKind[] = [...sshdKinds, ...playedKinds]

/** The eight kinds that a fleet run must survive with a reason for each host. */
export const commonFaults: readonly FaultyKind[] = [
  'never-answers',
  'hangs-before-banner',
  'hangs-after-auth',
  'never-closes',
  'prints-1-gib',
  'prints-binary',
  'wrong-host-key',
  'dies-by-signal',
]

export interface FaultyHost {
  readonly address: string
  readonly port: number
  readonly kind: FaultyKind | 'healthy'
}

/** A fleet with bad hosts: those that no real sshd can play have addresses 127.0.200.x and a port of their own, which its files know. */
export interface FaultyFleet extends Omit<Fleet, 'addresses'> {
  /** Healthy ones first. */
  readonly hosts: readonly FaultyHost[]
  /** Addresses of one kind. */
  of(kind: FaultyHost['kind']): string[]
}

/** Starts `healthy` good hosts and `each` bad ones of every kind; `kinds` is `commonFaults` when absent. */
export async function startFaultyFleet(options: {
  readonly healthy: number
  readonly each: number
  readonly kinds?: readonly FaultyKind[]
  readonly fleet?: Omit<FleetOptions, 'hosts' | 'matches'>
}): Promise<FaultyFleet> {
  const kinds = options.kinds ?? commonFaults
  const real = assign([...repeat('healthy' as const, options.healthy), ...each(kinds, sshdKinds, options.each)], fleetAddresses)
  const played = assign(each(kinds, playedKinds, options.each), count => fleetAddresses(count, 199 * 250))
  const fleet = await startFleet({
    ...options.fleet,
    hosts: real.length,
    matches: directory => matchBlocks(directory, real),
  })
  const playedPort = await freePort()
  const hosts = [...real.map(host => ({ ...host, port: fleet.port })), ...played.map(host => ({ ...host, port: playedPort }))]
  await writeFiles(fleet, hosts)
  const stopServer = await startServer(join(fleet.directory, 'host_ed25519'), hosts)
  const stop = async (): Promise<void> => {
    await stopServer()
    await fleet.stop()
  }
  const of = (kind: FaultyHost['kind']): string[] => hosts.filter(host => host.kind === kind).map(host => host.address)
  return { ...fleet, hosts, of, stop, [Symbol.asyncDispose]: stop }
}

type Assigned = Omit<FaultyHost, 'port'>

const repeat = <K extends string>(value: K, count: number): K[] => Array.from({ length: count }, () => value)

const each = (kinds: readonly FaultyKind[], among: readonly FaultyKind[], count: number): FaultyKind[] =>
  kinds.filter(kind => among.includes(kind)).flatMap(kind => repeat(kind, count))

function assign(kinds: readonly FaultyHost['kind'][], addresses: (count: number) => string[]): Assigned[] {
  return addresses(kinds.length).map((address, index) => ({ address, kind: kinds[index] ?? 'healthy' }))
}

async function matchBlocks(directory: string, hosts: readonly Assigned[]): Promise<string> {
  const block = (kind: string, line: string): string => {
    const addresses = hosts.filter(host => host.kind === kind).map(host => host.address)
    return addresses.length === 0 ? '' : `Match LocalAddress ${addresses.join(',')}\n  ${line}\n`
  }
  const scripts = join(directory, 'forced')
  await mkdir(scripts)
  await chmod(scripts, 0o755)
  const blocks = Object.entries(forcedCommands).map(async ([kind, script]) => {
    const file = join(scripts, kind)
    await writeFile(file, `${script}\n`, { mode: 0o644 })
    return block(kind, `ForceCommand exec /bin/sh ${file}`)
  })
  return (await Promise.all(blocks)).join('') + block('refuses-auth', 'AuthorizedKeysFile none')
}

async function writeFiles(fleet: Fleet, hosts: readonly FaultyHost[]): Promise<void> {
  const right = [...fleet.hostKeys.values()]
  const wrong = [await makeKey(join(fleet.directory, 'old_host_key'), 'ed25519')]
  const known = hosts.map(host => ({ ...host, hostKeys: host.kind === 'wrong-host-key' ? wrong : right }))
  await writeClientFiles({ directory: fleet.directory, hosts: known, user: fleet.user.name, keyFile: fleet.keyFile })
}

/** The process that plays the hosts; it ends when its stdin does, so also with the test. */
async function startServer(hostKeyFile: string, hosts: readonly FaultyHost[]): Promise<() => Promise<void>> {
  const script = new URL('faulty-server.ts', import.meta.url).pathname
  const played = hosts.filter(host => playedKinds.some(kind => kind === host.kind))
  if (played.length === 0) return async () => {}
  const server = spawn(process.execPath, [script, JSON.stringify({ hostKeyFile, hosts: played })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(server, 'exit')
  const first = await Promise.race([once(server.stdout, 'data').then(String), gone.then(String)])
  if (first !== 'ready\n') throw new Error(`the faulty hosts did not start: ${first}`)
  return async () => {
    server.stdin.end()
    await gone
  }
}
