import type { Duplex } from 'node:stream'
import type { Host } from './host.ts'
import type { Reason } from './item.ts'

/** What runs on a host: an argument vector, passed byte for byte, or one line for its shell. */
export type Command = { readonly argv: readonly string[] } | { readonly shell: string }

/** A piece of output as it arrived. */
export interface Chunk {
  readonly stream: 'stdout' | 'stderr'
  readonly bytes: Uint8Array
}

/** Where output goes as it arrives. A returned promise holds the remote side back until it settles. */
export type ChunkSink = (chunk: Chunk) => void | Promise<void>

export interface RunOptions {
  readonly signal: AbortSignal
  /** Ends the command after so many milliseconds; 0 or absent is never. */
  readonly timeoutMs?: number
  /** Ends the command when it printed nothing for so long. */
  readonly idleTimeoutMs?: number
  /** Ends the command when both streams together exceed this. */
  readonly maxOutputBytes?: number
  readonly stdin?: AsyncIterable<Uint8Array> | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly sudo?: Sudo
  /** With a sink the output is handed over and not collected: stdout and stderr of Output stay empty. */
  readonly sink?: ChunkSink
}

export interface Sudo {
  readonly user: string
  /** Sent only in answer to sudo's own prompt. */
  readonly password?: string
}

/** How a command ended. A non-zero code is data, not an error. */
export interface Output {
  /** null: unknown (signal, lost connection, no status sent). Never 0 for want of knowledge. */
  readonly code: number | null
  /** Name without SIG when the command died by a signal. */
  readonly signal?: string
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  /** Set when opsctl ended the command, or could not learn how it ended. */
  readonly ended?: Extract<
    Reason,
    'timeout' | 'idle-timeout' | 'output-limit' | 'closed' | 'no-exit-status' | 'sudo' | 'cancelled' | 'deadline' | 'error'
  >
  readonly message?: string
  readonly durationMs: number
}

/** A way to a host: ssh, local or a test's fake. Trouble of the connection rejects with a TransportError; that of a command is in Output. */
export interface Transport extends AsyncDisposable {
  readonly host: Host
  run(command: Command, options: RunOptions): Promise<Output>
  /** Streams a file there through a temporary name in the same directory, checks its SHA-256, renames it. */
  put(content: AsyncIterable<Uint8Array> | Uint8Array, path: string, options: PutOptions): Promise<void>
  get(path: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array>
  /**
   * A stream to a port as the host sees it (RFC 4254, section 7.2: direct-tcpip); the host resolves the name. Absent where there is no way.
   * @throws TransportError
   */
  dial?(target: { readonly host: string; readonly port: number }, options: { readonly signal: AbortSignal }): Promise<Duplex>
}

export interface PutOptions {
  readonly signal: AbortSignal
  /** Permission bits, for example 0o644. */
  readonly mode: number
  /** `user` or `user:group`; the login user when absent. */
  readonly owner?: string
  readonly sudo?: Sudo
}

/** The stages of getting to a host, in order: progress and messages name them. */
export type ConnectStage = 'resolve' | 'connect' | 'banner' | 'handshake' | 'hostkey' | 'auth' | 'session'

/** Why a host could not be reached or used: becomes an Item of that host, never the end of the run. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly reason:
    | Extract<Reason, 'unreachable' | 'connect-timeout' | 'hostkey' | 'auth' | 'transfer'>
    /** Of a command that was needed to copy a file. */
    | NonNullable<Output['ended']>
  readonly stage: ConnectStage | undefined
  /** Worth another try: nothing had been asked of the host yet and the cause may pass. */
  readonly retryable: boolean

  constructor(
    reason: TransportError['reason'],
    message: string,
    details: { stage?: ConnectStage; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.reason = reason
    this.stage = details.stage
    this.retryable = details.retryable ?? false
  }
}
