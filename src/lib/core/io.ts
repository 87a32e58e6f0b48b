import type { Style } from './component.ts'

/** A stream opsctl writes to. */
export interface OutputPort {
  readonly isTerminal: boolean
  readonly columns: number
  readonly style: Style
  /**
   * Resolves when the bytes have left the process.
   * @throws OpsError E_OUTPUT when the stream is full or failed (exit 74) or its reader went away (exit 141)
   */
  write(data: string | Uint8Array): Promise<void>
}

export interface InputPort {
  readonly isTerminal: boolean
  /**
   * The bytes until end of file. Ends early, without error, when the signal aborts. With `borrows` a piece is good until the next is asked for:
   * its memory is used again.
   */
  read(signal: AbortSignal, options?: { readonly borrows?: boolean }): AsyncIterable<Uint8Array>
}

export interface Io {
  readonly stdin: InputPort
  readonly stdout: OutputPort
  readonly stderr: OutputPort
}

/** `notice` is told without -v, like a warning, though nothing is wrong: what a daemon does for whoever started it. */
export type LogLevel = 'debug' | 'info' | 'notice' | 'warn' | 'error'

/** Constant message, facts in fields. Goes to stderr, as text or JSON lines. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

/** How far a run is; drawn on a terminal, rare plain lines elsewhere. */
export interface Progress {
  update(state: ProgressState): void
  /**
   * Runs a write to the same terminal with the drawing taken away, and draws again afterwards. `endsLine` is false for text that
   * stops in mid-line: the drawing then stays away until a later write ends the line.
   */
  around(write: () => Promise<void>, endsLine?: boolean): Promise<void>
  /** Takes the drawing away for good. Await it before the result is written, so that the result stands alone. */
  stop(): void | Promise<void>
}

export interface ProgressState {
  readonly total: number
  readonly done: number
  readonly failed: number
  readonly running: number
}

/** Asks a person; refuses where there is none. */
export interface Prompter {
  /** @throws OpsError E_CONFIRM without a terminal on stdin and stderr, or with --no-input */
  secret(question: string, signal: AbortSignal): Promise<string>
  /** True only for an explicit yes. @throws OpsError E_CONFIRM as above */
  confirm(question: string, signal: AbortSignal): Promise<boolean>
}
