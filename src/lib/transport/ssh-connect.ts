import type { Clock } from '../core/clock.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { type ConnectStage, TransportError } from '../core/transport.ts'
import { connectTcp, resolveName, type Socket } from '../net/connect.ts'
import { abortable } from '../run/deadline.ts'
import { ConnectDeadline } from './connect-deadline.ts'
import { fetchHostCertificate } from './known-hosts/certificate-scan.ts'
import { SocketWire } from './socket-wire.ts'
import { algorithmsFor } from './ssh-algorithms.ts'
import type { Credentials } from './ssh-auth.ts'
import { authenticate } from './ssh-auth.ts'
import type { SshLibrary } from './ssh-library.ts'
import { asTransportError, SshSession } from './ssh-session.ts'
import type { SshTarget } from './ssh-target.ts'
import type { Wire } from './wire.ts'

export interface ConnectRequest {
  readonly target: SshTarget
  readonly clock: Clock
  readonly library: SshLibrary
  /** For one attempt; 0 is for ever. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onStage?: ((stage: ConnectStage) => void) | undefined
  readonly credentials: Credentials
  /** Carries the connection where it does not go straight through TCP. */
  readonly openWire?: (() => Promise<Wire>) | undefined
}

/**
 * One attempt at an authenticated connection.
 * @throws TransportError with the stage at which it failed
 */
export async function connectSsh(request: ConnectRequest): Promise<SshSession> {
  const { target, clock, library, timeoutMs, signal, onStage } = request
  using deadline = new ConnectDeadline({ clock, ms: timeoutMs, signal, onStage })
  deadline.signal.throwIfAborted()
  const open = (): Promise<Wire> => (request.openWire ? inTime(request.openWire(), deadline) : tcpWire(target, clock, deadline))
  const algorithms = await algorithmsFor(target, library, async wanted =>
    fetchHostCertificate({ wire: await open(), algorithms: wanted, signal: deadline.signal }),
  )
  const wire = await open()
  const session = new SshSession({
    library,
    clock,
    wire,
    algorithms,
    onStage: stage => deadline.enter(stage),
    verifyHostKey: key => deadline.hold(target.hostKeys.verify(key)),
    ...(target.forwardAgent && target.identityAgent ? { agentToForward: target.identityAgent } : {}),
    keepAlive: { intervalMs: target.serverAliveIntervalMs, countMax: target.serverAliveCountMax },
  })
  const abort = (): void => session.fail(deadline.signal.reason)
  deadline.signal.addEventListener('abort', abort, { once: true })
  // It may have come from within, while the stages were told.
  if (deadline.signal.aborted) abort()
  try {
    const hostKey = await session.handshake
    await target.hostKeys.proven?.(hostKey)
    await authenticate(session, library, request.credentials, waiting => deadline.hold(waiting))
    return session
  } catch (error) {
    session.end()
    throw error instanceof OpsError ? error : asTransportError(error, deadline.stage)
  } finally {
    deadline.signal.removeEventListener('abort', abort)
  }
}

async function inTime(opening: Promise<Wire>, deadline: ConnectDeadline): Promise<Wire> {
  deadline.enter('connect')
  return abortable(deadline.signal, opening).catch(error => {
    opening.then(wire => wire.destroy()).catch(() => undefined)
    throw error
  })
}

async function tcpWire(target: SshTarget, clock: Clock, deadline: ConnectDeadline): Promise<Wire> {
  const { hostname, port, bindAddress, tcpKeepAlive } = target
  const { signal } = deadline
  const family = target.addressFamily === 'inet' ? 4 : target.addressFamily === 'inet6' ? 6 : 0
  deadline.enter('resolve')
  const addresses = await resolveName(hostname, { family, signal }).catch(error => {
    throw unreachable(error, { stage: 'resolve', what: `the name ${hostname} could not be resolved` })
  })
  deadline.enter('connect')
  const details = { addresses, port, keepAlive: tcpKeepAlive, ...(bindAddress ? { localAddress: bindAddress } : {}) }
  const socket: Socket = await connectTcp(clock, details, signal).catch(error => {
    throw unreachable(error, { stage: 'connect', what: `${hostname}:${port}` })
  })
  return new SocketWire(socket, clock)
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer to the connection attempt',
  ECONNRESET: 'connection reset',
  EADDRNOTAVAIL: 'the local address can not be used',
  EMFILE: 'this process has too many files open: raise ulimit -n or lower the concurrency',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'the resolver did not answer',
}
/** Trouble that another try does not mend. */
const lasting = new Set(['ENOTFOUND', 'EADDRNOTAVAIL', 'EACCES', 'EINVAL'])

function unreachable(error: unknown, { stage, what }: { readonly stage: ConnectStage; readonly what: string }): TransportError {
  if (error instanceof TransportError) return error
  const code = errnoOf(error) ?? ''
  const message = words[code] ?? (error instanceof Error ? error.message : String(error))
  return new TransportError('unreachable', `${what}: ${message}`, { stage, retryable: !lasting.has(code), cause: error })
}
