import { type Output, type Sudo, type Transport, TransportError } from '../core/transport.ts'
import { type HostScript, startMark } from './host-scripts.ts'

export interface HostShellOptions {
  readonly transport: Transport
  readonly signal: AbortSignal
  /** Of one script; 0 for none. */
  readonly timeoutMs: number
  readonly sudo?: Sudo
}

/** What goes into a script and what becomes of its output. */
export interface ScriptStreams {
  readonly args?: readonly string[]
  readonly stdin?: AsyncIterable<Uint8Array> | Uint8Array
  /** Takes stdout from the start mark on, instead of collecting it. A promise holds the host back. */
  readonly stdout?: (bytes: Uint8Array) => Promise<void>
}

/** How a script ended. */
export interface ScriptEnd {
  readonly code: number | null
  /** From the start mark on, where one was printed; empty where stdout was taken. */
  readonly stdout: Uint8Array
  /** The line of stderr that says most. */
  readonly said: string
}

const listBytes = 512 * 1024 * 1024
const saidBytes = 64 * 1024

/** Runs scripts on a host, as another user where sudo is asked for. */
export class HostShell {
  readonly #options: HostShellOptions

  constructor(options: HostShellOptions) {
    this.#options = options
  }

  get transport(): Transport {
    return this.#options.transport
  }

  /** @throws TransportError unless the script ended with 0 */
  async demand(script: HostScript, streams: ScriptStreams = {}): Promise<ScriptEnd> {
    const end = await this.run(script, streams)
    if (end.code === 0) return end
    throw new TransportError('transfer', `could not ${script.does}: ${end.said || `status ${end.code}`}`)
  }

  /** @throws TransportError when the script was ended, or how it ended is not known; NoShell when it was not even started */
  async run(script: HostScript, { args = [], stdin, stdout }: ScriptStreams = {}): Promise<ScriptEnd> {
    const { transport, signal, timeoutMs, sudo } = this.#options
    const said: Uint8Array[] = []
    let saidSoFar = 0
    const collected: Uint8Array[] = []
    const output = new MarkedOutput(stdout ?? (async bytes => void collected.push(Buffer.from(bytes))))
    const end = await transport.run(
      { argv: ['sh', '-c', script.text, 'sh', ...args] },
      {
        signal,
        timeoutMs,
        ...(sudo && { sudo }),
        ...(stdin && { stdin }),
        ...(stdout === undefined && { maxOutputBytes: listBytes }),
        sink: ({ stream, bytes }) => {
          if (stream === 'stdout') return output.push(bytes)
          if (saidSoFar < saidBytes) said.push(Buffer.from(bytes))
          saidSoFar += bytes.length
          return undefined
        },
      },
    )
    if (end.ended || end.code === null) throw endedError(script, end)
    if (!output.started) throw this.#notStarted(script, Buffer.concat(said).toString())
    return { code: end.code, stdout: Buffer.concat(collected), said: tellingLine(Buffer.concat(said).toString()) }
  }

  #notStarted({ does }: HostScript, said: string): TransportError {
    const message = `could not ${does}: ${tellingLine(said) || 'the host does not run commands'}`
    return this.#options.sudo ? new TransportError('transfer', message) : new NoShell('transfer', message)
  }
}

/** The host runs no commands: some accounts have sftp only. */
export class NoShell extends TransportError {}

function endedError({ does }: HostScript, { ended, signal, message }: Output): TransportError {
  const why = message || (signal === undefined ? ended : `ended by SIG${signal}`)
  return new TransportError(ended ?? 'transfer', `could not ${does}: ${why}`)
}

/** The line of stderr that says most: the one with the error of the system, else the first, since tar and others end with a general one. */
function tellingLine(stderr: string): string {
  const lines = stderr.split('\n').flatMap(line => line.trim() || [])
  return lines.find(line => /no space|quota|permission denied|read-only|not permitted/i.test(line)) ?? lines[0] ?? ''
}

/** Leaves out what a login shell prints before the script. */
class MarkedOutput {
  readonly #take: (bytes: Uint8Array) => Promise<void>
  #head = Buffer.alloc(0)
  #started = false

  constructor(take: (bytes: Uint8Array) => Promise<void>) {
    this.#take = take
  }

  get started(): boolean {
    return this.#started
  }

  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#started) return this.#take(bytes)
    this.#head = Buffer.concat([this.#head, bytes])
    const at = this.#head.indexOf(startMark)
    if (at === -1) {
      this.#head = this.#head.subarray(Math.max(0, this.#head.length - startMark.length))
      return undefined
    }
    this.#started = true
    const rest = this.#head.subarray(at + startMark.length)
    return rest.length > 0 ? this.#take(rest) : undefined
  }
}
