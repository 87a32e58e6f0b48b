import type { SourcePlace } from '../../../core/log-source.ts'
import type { Command, Output } from '../../../core/transport.ts'
import { runLocally } from '../../../transport/local.ts'
import { ByteInbox } from '../arrivals/byte-inbox.ts'
import { StderrLog } from './stderr-log.ts'

export interface ProgramOptions {
  readonly command: Command
  readonly cwd: string
  /** Besides ours. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** A program that prints for a source: held back where nobody takes what it prints, and ended with its process group. */
export class RunningProgram implements AsyncDisposable {
  readonly inbox: ByteInbox
  readonly #place: SourcePlace
  readonly #stop = new AbortController()
  readonly #output: Promise<Output>

  constructor(place: SourcePlace, { command, cwd, env, timeoutMs }: ProgramOptions) {
    const { clock, context, log, name } = place
    this.#place = place
    const inbox = new ByteInbox(clock)
    this.inbox = inbox
    const stderr = new StderrLog(line => log('warn', 'a command of a source says', { source: name, stderr: line }))
    this.#output = runLocally({ clock, env: context.env, cwd }, command, {
      signal: AbortSignal.any([place.signal, this.#stop.signal]),
      env,
      ...(timeoutMs !== undefined && { timeoutMs }),
      sink: ({ stream, bytes }) => (stream === 'stdout' ? inbox.add(bytes) : stderr.add(bytes)),
    })
    this.#output.then(
      () => inbox.end(),
      error => inbox.end({ error }),
    )
    void this.#output.catch(() => {}).then(() => stderr.end())
  }

  /** Once it has ended: why it was no good end. */
  async failure(): Promise<string | undefined> {
    const { code, signal, ended, message } = await this.#output
    if (code === 0 || this.#place.signal.aborted) return undefined
    if (ended !== undefined) return message ?? ended
    return signal === undefined ? `it ended with ${code}` : `it was ended by SIG${signal}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    // Held back it would never end.
    this.inbox.end()
    await this.#output.catch(() => {})
  }
}
