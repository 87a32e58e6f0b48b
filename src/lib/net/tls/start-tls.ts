import type { X509Certificate } from 'node:crypto'
import { isIP, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import type { TlsSeen } from '../tls-seen.ts'
import { parseCertificate } from './certificate-seen.ts'
import type { HandshakeSlots } from './handshake-slots.ts'
import { type JudgedChain, judgeChain } from './judge-chain.ts'
import { type RevocationList, revocationLists } from './revocation-list.ts'
import { revocations } from './revocations.ts'
import { type TlsContext, TlsContexts, type TlsTerms } from './tls-contexts.ts'
import { tlsFailure } from './tls-failure.ts'

export interface StartTls extends TlsTerms {
  /** What the server is asked for (SNI); an address is not sent. */
  readonly serverName: string
  /** What its certificate must be for, where that is another: a DNS name or an address. */
  readonly verifyName?: string
  /** Application protocols, the best first: `h2`, `http/1.1`. */
  readonly alpn?: readonly string[]
  /** Revocation lists, PEM texts or DER: the server's certificate must be in none, and one of its issuer must be there. */
  readonly crl?: readonly (string | Uint8Array)[]
  /** Ends it; its reason is what is thrown. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Shared by connections; absent: one of its own. */
  readonly contexts?: TlsContexts
  /** Waited for before the first byte is sent, and given back when the handshake is over. */
  readonly slots?: HandshakeSlots
}

export interface StartedTls {
  /** To read and write through. Its errors are those of `tlsFailure`. Destroying it closes the stream below. */
  readonly stream: TLSSocket
  readonly seen: TlsSeen
  /** From the server's own certificate to the authority, as far as it was found. */
  readonly path: readonly X509Certificate[]
  /** Of the handshake, without the wait for a slot, milliseconds. */
  readonly tookMs: number
}

/**
 * A TLS handshake over an open stream. A certificate that is not accepted is no error: it is told in `seen.problems`, and who goes on
 * all the same must know why.
 * @throws NetError of phase `tls`, when there is no TLS; the signal's reason. The stream is closed then.
 */
export async function startTls(stream: Duplex, options: StartTls): Promise<StartedTls> {
  const { contexts = new TlsContexts(), slots, signal, clock } = options
  try {
    signal.throwIfAborted()
    const context = contexts.get(options)
    const lists = options.crl && revocationLists(options.crl)
    using _ = await slots?.acquire(1, signal)
    if (stream.destroyed) throw tlsFailure(closedByThem(), { phase: 'tls' })
    const start = clock.monotonic()
    const { socket, shown } = await handshake(stream, { ...options, context })
    const tookMs = clock.monotonic() - start
    return { stream: socket, ...whatIsSeen(socket, { ...options, context, lists, shown }), tookMs }
  } catch (error) {
    discard(stream)
    throw error
  }
}

interface Handshake extends StartTls {
  readonly context: TlsContext
}

interface Shaken {
  readonly socket: TLSSocket
  /** The server's certificate with those that it came with. */
  readonly shown: DetailedPeerCertificate | undefined
}

function handshake(stream: Duplex, { serverName, alpn, signal, context }: Handshake): Promise<Shaken> {
  return new Promise((resolve, reject) => {
    // Its errors come through the TLS stream as well.
    stream.on('error', ignore)
    let shown: DetailedPeerCertificate | undefined
    const socket = connect({
      socket: stream,
      secureContext: context.secure,
      // Those of the context hold; the runtime's own would be taken apart anew for every handshake.
      ciphers: '',
      // An address in its place is not permitted (RFC 6066, section 3).
      servername: isIP(serverName) ? '' : serverName,
      ...(alpn && { ALPNProtocols: [...alpn] }),
      // Judged below and told, whatever NODE_TLS_REJECT_UNAUTHORIZED in the environment says.
      rejectUnauthorized: false,
      // Where it asks, the runtime has made what we need afterwards: to have it made once more costs a twentieth of a handshake.
      checkServerIdentity: (_, certificate) => {
        shown = certificate as DetailedPeerCertificate
        return undefined
      },
    })
    const count = counter(stream)
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      socket.removeListener('secureConnect', done)
      socket.removeListener('error', failed)
      socket.removeListener('close', closed)
      count.stop()
    }
    const done = (): void => {
      settle()
      resolve({ socket, shown })
    }
    const end = (reason: unknown): void => {
      settle()
      discard(socket)
      reject(reason)
    }
    const abort = (): void => end(signal.reason)
    const failed = (error: Error): void => end(tlsFailure(error, { phase: 'tls', received: count.received() }))
    const closed = (): void => failed(closedByThem())
    signal.addEventListener('abort', abort)
    socket.on('secureConnect', done)
    socket.on('error', failed)
    socket.on('close', closed)
  })
}

const ignore = (): void => undefined
const closedByThem = (): Error => Object.assign(new Error('closed'), { code: 'ECONNRESET' })

/** Bytes that came over a stream from now on. */
function counter(stream: Duplex): { received(): number; stop(): void } {
  if (stream instanceof Socket) {
    const before = stream.bytesRead
    return { received: () => stream.bytesRead - before, stop: ignore }
  }
  let received = 0
  const count = (chunk: Uint8Array): void => {
    received += chunk.length
  }
  // The TLS socket listens for the same event, so nothing is lost by this one.
  stream.on('data', count)
  return { received: () => received, stop: () => void stream.off('data', count) }
}

function discard(stream: Duplex): void {
  stream.on('error', ignore)
  stream.destroy()
}

interface Look extends Handshake {
  readonly lists: readonly RevocationList[] | undefined
  readonly shown: Shaken['shown']
}

function whatIsSeen(
  socket: TLSSocket,
  { serverName, verifyName = serverName, clock, context, lists, shown }: Look,
): Pick<StartedTls, 'seen' | 'path'> {
  const { alpnProtocol } = socket
  const nowMs = clock.now()
  const sent = sentBy(shown ?? socket.getPeerCertificate(true))
  const refusal = socket.authorized ? null : String(socket.authorizationError ?? 'not verified')
  const judge = (): JudgedChain =>
    judgeChain({
      ...{ authorities: context.authorities, refusal, name: verifyName, nowMs },
      sent: sent.flatMap(der => parseCertificate(der) ?? []),
      ...(lists && { revocations: found => revocations(found, { lists, nowMs }) }),
    })
  const { judged, path } = lists ? judge() : context.judged.get({ sent, refusal, name: verifyName }, nowMs, judge)
  const seen = {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher()?.standardName ?? socket.getCipher()?.name ?? 'unknown',
    ...(typeof alpnProtocol === 'string' && alpnProtocol !== '' && { alpn: alpnProtocol }),
    ...judged,
  }
  return { seen, path }
}

/** The server's certificates in its order, DER; the runtime appends the authority where it knows it. */
function sentBy(leaf: DetailedPeerCertificate): Uint8Array[] {
  const sent: Uint8Array[] = []
  const known = new Set()
  for (let at = leaf; at?.raw !== undefined && !known.has(at); at = at.issuerCertificate) {
    known.add(at)
    sent.push(at.raw)
  }
  return sent
}
