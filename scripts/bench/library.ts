import { hostNamed } from '../../src/lib/core/host.ts'
import type { Output, RunOptions, Transport } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { ConnectionPool } from '../../src/lib/transport/pool.ts'
import type { SshTarget } from '../../src/lib/transport/ssh-target.ts'
import type { Fleet } from '../../test/helpers/fleet.ts'

/** opsctl's own connections to a fleet, without its command line. */
export function openPool(fleet: Fleet): ConnectionPool {
  return new ConnectionPool({
    clock: systemClock,
    random: Math.random,
    env: {},
    connectTimeoutMs: 60_000,
    retries: 0,
    resolve: async host => targetOf(fleet, host.name),
    askPassphrase: async () => undefined,
  })
}

export const connect = (pool: ConnectionPool, address: string, signal: AbortSignal): Promise<Transport> =>
  pool.connect(hostNamed(address), { signal })

/** Runs a line of shell; anything but exit 0 is no measurement. */
export async function runLine(transport: Transport, line: string, options: RunOptions): Promise<Output> {
  const output = await transport.run({ shell: line }, options)
  if (output.code !== 0) throw new Error(`${transport.host.name}: ${line}: exit ${output.code} ${output.message ?? ''}`)
  return output
}

function targetOf(fleet: Fleet, address: string): SshTarget {
  const [type = '', blob = ''] = (fleet.hostKeys.get('ed25519') ?? '').split(' ')
  return {
    hostname: address,
    port: fleet.port,
    user: fleet.user.name,
    addressFamily: 'inet',
    bindAddress: undefined,
    tcpKeepAlive: true,
    serverAliveIntervalMs: 0,
    serverAliveCountMax: 3,
    compression: false,
    identityFiles: [fleet.keyFile],
    identitiesOnly: true,
    identityAgent: undefined,
    forwardAgent: false,
    authMethods: ['publickey'],
    hostKeys: {
      algorithms: async () => [type],
      verify: async key => {
        if (key.toString('base64') !== blob) throw new Error(`${address} shows another key`)
      },
    },
  }
}

/** Wall and CPU of this process while `work` runs. */
export async function costOf(work: () => Promise<unknown>): Promise<{ readonly wallS: number; readonly cpuS: number }> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wallS: (performance.now() - start) / 1000, cpuS: (user + system) / 1e6 }
}
