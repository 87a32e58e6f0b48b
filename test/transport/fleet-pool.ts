import { TransportError } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { ConnectionPool, type ConnectorOptions } from '../../src/lib/transport/pool.ts'
import type { SshTarget } from '../../src/lib/transport/ssh-target.ts'
import type { Fleet } from '../helpers/fleet.ts'

type Reached = Pick<Fleet, 'port' | 'user' | 'keyFile' | 'hostKeys'>

/** A host of a fleet with everything resolved, its key pinned. */
export function fleetTarget(fleet: Reached, hostname: string, more: Partial<SshTarget> = {}): SshTarget {
  return {
    hostname,
    port: fleet.port,
    user: fleet.user.name,
    addressFamily: 'any',
    bindAddress: undefined,
    tcpKeepAlive: true,
    serverAliveIntervalMs: 0,
    serverAliveCountMax: 3,
    compression: false,
    identityFiles: [fleet.keyFile],
    identitiesOnly: true,
    identityAgent: undefined,
    forwardAgent: false,
    authMethods: ['publickey', 'keyboard-interactive', 'password'],
    hostKeys: pinned(fleet.hostKeys.get('ed25519') ?? ''),
    ...more,
  }
}

/** Takes one key and no other. */
export function pinned(publicKey: string): SshTarget['hostKeys'] {
  const [type = '', blob = ''] = publicKey.split(' ')
  return {
    algorithms: async () => [type],
    verify: async key => {
      if (key.toString('base64') !== blob)
        throw new TransportError('hostkey', 'the host key is another one', { stage: 'hostkey' })
    },
  }
}

/** A pool whose hosts are resolved by name, an address of the fleet where nothing else is said. */
export function fleetPool(
  fleet: Reached,
  more: Partial<ConnectorOptions> & { readonly targets?: Readonly<Record<string, Partial<SshTarget>>> } = {},
): ConnectionPool {
  return new ConnectionPool({
    clock: systemClock,
    random: () => 0,
    env: process.env,
    connectTimeoutMs: 10_000,
    retries: 0,
    resolve: async host => fleetTarget(fleet, host.address ?? host.name, more.targets?.[host.name]),
    askPassphrase: async () => undefined,
    ...more,
  })
}
