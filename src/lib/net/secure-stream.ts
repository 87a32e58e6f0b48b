import type { Duplex } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { NetError } from './net-error.ts'
import type { Progress } from './progress.ts'
import type { HandshakeSlots } from './tls/handshake-slots.ts'
import { type StartedTls, type StartTls, startTls } from './tls/start-tls.ts'

/** What a server must show, and what it is shown. */
export interface TlsWish extends Omit<StartTls, 'signal' | 'clock' | 'slots' | 'contexts'> {
  /** Go on also when its certificate is not accepted. */
  readonly insecure?: boolean
}

export interface SecureOptions {
  readonly signal: AbortSignal
  readonly progress: Progress
  readonly clock: Clock
  /** What connections share. */
  readonly tls?: Pick<StartTls, 'slots' | 'contexts'>
}

const maxSlotMs = 1000

/**
 * TLS over an open stream, with an account of it in the progress. What the server showed is told there also when it is not accepted.
 * @throws NetError of phase `tls`; the signal's reason when it aborts. The stream is closed then.
 */
export async function secureStream(stream: Duplex, wish: TlsWish, options: SecureOptions): Promise<StartedTls> {
  const { insecure = false, ...terms } = wish
  const { clock, signal, progress, tls } = options
  progress.phase = 'tls'
  const start = clock.monotonic()
  const slots = tls?.slots && briefly(tls.slots, clock)
  const started = await startTls(stream, { ...terms, ...tls, ...(slots && { slots }), signal, clock })
  const { seen, tookMs } = started
  progress.done('tls', tookMs)
  progress.queuedMs += clock.monotonic() - start - tookMs
  progress.tls = seen
  progress.trace?.(`tls      ${[seen.protocol, seen.cipher, seen.alpn].filter(Boolean).join(', ')}, ${tookMs.toFixed(1)} ms`)
  const [problem] = seen.problems
  if (problem === undefined || insecure) return started
  started.stream.destroy()
  throw new NetError(problem.reason, problem.message, { phase: 'tls' })
}

/** Slots that are given back after a second at the latest: a handshake that hangs must not keep others from theirs. */
function briefly(slots: HandshakeSlots, clock: Clock): HandshakeSlots {
  return {
    async acquire(weight, signal) {
      const slot = await slots.acquire(weight, signal)
      const cancel = clock.timer(maxSlotMs, () => slot[Symbol.dispose](), { background: true })
      return {
        [Symbol.dispose]() {
          cancel()
          slot[Symbol.dispose]()
        },
      }
    },
  }
}
