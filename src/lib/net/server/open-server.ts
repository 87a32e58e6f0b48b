import type { Clock } from '../../core/clock.ts'
import { OpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { Access, type AccessOptions } from './access.ts'
import { type ServerLimits, usualLimits } from './limits.ts'
import { isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts'
import { Listener } from './listener.ts'
import { OriginGuard } from './origin-guard.ts'
import { RunningServer } from './running-server.ts'
import type { Handler } from './server-request.ts'
import { ServerTls, type TlsOptions } from './server-tls.ts'

export interface ServerOptions {
  /** `127.0.0.1:9115`, `[::1]:9115`, `localhost:0`, `unix:/run/opsctl.sock`, `fd:3`. */
  readonly listen: readonly string[]
  readonly handler: Handler
  /** For all addresses but sockets in the file system. */
  readonly tls?: TlsOptions
  readonly access?: AccessOptions
  /** Other names, besides those of loopback and of `listen`, by which clients may call the server: of its machine, of a proxy before it. */
  readonly names?: readonly string[]
  /** Listens beyond this machine also without TLS. */
  readonly insecureListen?: boolean
  /** Closes the server. */
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly log: Log
  readonly limits?: Partial<ServerLimits>
}

export interface OpenServer extends AsyncDisposable {
  /** Where it listens, as bound, in the order of `listen`. */
  readonly addresses: readonly ListenAddress[]
  /** Of the first. */
  readonly address: ListenAddress
  /** Open connections and streams of events. */
  readonly load: { readonly connections: number; readonly eventStreams: number }
  /** Reads the files of TLS again, as happens by itself within ten seconds of a change. @throws OpsError E_CONFIG; the old ones stay */
  reload(): Promise<void>
  /** Takes nothing new, gives what runs its time, then cuts it. Resolves when no connection is left. */
  close(): Promise<void>
}

/** @throws OpsError E_USAGE for addresses that can not or must not be listened on, E_CONFIG for files that can not be used */
export async function openServer(options: ServerOptions): Promise<OpenServer> {
  options.signal.throwIfAborted()
  const wanted = options.listen.map(parseListenAddress)
  if (wanted.length === 0) throw new OpsError('E_USAGE', 'the server has no address to listen on')
  for (const address of wanted) refuseOpenDoor(address, options)
  const tls = options.tls && (await ServerTls.open(options.tls))
  const access = await Access.open(options.access ?? {}, { takesCertificates: options.tls?.clientCa !== undefined })
  const hosts = wanted.flatMap(address => (address.type === 'tcp' ? [address.host] : []))
  const guard = new OriginGuard([...hosts, ...(options.names ?? [])])
  const { handler, clock, log } = options
  const server = new RunningServer({ handler, clock, log, access, guard, tls, limits: { ...usualLimits, ...options.limits } })
  try {
    for (const address of wanted) {
      const isOurs = address.type === 'unix'
      const listener = await Listener.open(address, socket => server.accept(socket, { isLocalSocket: isOurs }))
      server.add(listener)
      refuseOpenDoor(listener.address, options)
    }
    options.signal.throwIfAborted()
  } catch (error) {
    await server.close()
    throw error
  }
  server.closeWhen(options.signal)
  return server
}

/** Whatever is not loopback can be read and changed on its way, unless there is TLS. */
function refuseOpenDoor(address: ListenAddress, { tls, insecureListen }: ServerOptions): void {
  if (address.type !== 'tcp' || isLoopback(address.host) || tls || insecureListen) return
  throw new OpsError('E_USAGE', `${address.host} can be reached from other machines, and there is no TLS`, {
    hint: 'give a certificate and its key (--tls-cert, --tls-key), listen on 127.0.0.1, or say --insecure-listen',
  })
}
