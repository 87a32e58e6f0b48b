import type { Clock } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import type { Host } from '../core/host.ts'
import { type Command, type Output, type PutOptions, type RunOptions, type Transport, TransportError } from '../core/transport.ts'
import { ChannelSlots } from './channel-slots.ts'
import { commandLine } from './quote.ts'
import { type CommandEvents, execute, type RunningCommand } from './running-command.ts'
import { ChannelRefused, type SshChannel } from './ssh-channel.ts'
import { SshCommand } from './ssh-command.ts'
import type { SshSession } from './ssh-session.ts'
import { SftpFiles } from './ssh-sftp.ts'
import { newSudoMarks, sudoArgv } from './sudo.ts'
import { getFile, putFile } from './transfer.ts'

export interface SshTransportOptions {
  readonly host: Host
  readonly session: SshSession
  readonly clock: Clock
  /** How long the host may take to start a command; 0 is for ever. */
  readonly startTimeoutMs: number
  readonly forwardAgent: boolean
}

/** A host over one authenticated SSH connection, with several commands at a time. */
export class SshTransport implements Transport {
  readonly host: Host
  readonly #options: SshTransportOptions
  readonly #session: SshSession
  readonly #slots = new ChannelSlots()
  readonly #run = (command: Command, options: RunOptions): Promise<Output> => this.run(command, options)
  #shell: Promise<boolean> | undefined

  constructor(options: SshTransportOptions) {
    this.host = options.host
    this.#options = options
    this.#session = options.session
  }

  /** False once the connection is lost. */
  get usable(): boolean {
    return this.#session.error === undefined
  }

  run(command: Command, options: RunOptions): Promise<Output> {
    const { sudo, env } = options
    const marks = sudo ? newSudoMarks() : undefined
    const line =
      sudo && marks
        ? commandLine({ argv: sudoArgv({ command, sudo, marks, ...(env ? { env } : {}) }) })
        : commandLine(command, env)
    return execute({
      clock: this.#options.clock,
      options,
      ...(marks ? { sudoMarks: marks } : {}),
      start: events => this.#start(line, events),
    })
  }

  async put(content: AsyncIterable<Uint8Array> | Uint8Array, path: string, options: PutOptions): Promise<void> {
    if (await this.#hasShell(options.signal)) await putFile(this.#run, { content, path, ...options })
    else await this.#bySftp(files => files.put(content, path, options))
  }

  async get(path: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    if (await this.#hasShell(options.signal)) return getFile(this.#run, { path, signal: options.signal })
    return this.#bySftp(files => files.get(path, options))
  }

  /** Closes the connection and returns at once: a peer that is gone is not waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#session.end()
  }

  /** Whether the host runs commands at all: some accounts have sftp only. Asked once. */
  #hasShell(signal: AbortSignal): Promise<boolean> {
    const word = 'opsctl-has-a-shell'
    this.#shell ??= this.run({ argv: ['echo', word] }, { signal, timeoutMs: this.#options.startTimeoutMs }).then(
      ({ stdout }) => Buffer.from(stdout).includes(word),
      error => {
        if (this.usable) return false
        throw error
      },
    )
    return this.#shell
  }

  async #bySftp<T>(work: (files: SftpFiles) => Promise<T>): Promise<T> {
    await this.#slots.take()
    let files: SftpFiles | undefined
    try {
      files = await this.#inTime(SftpFiles.open(events => this.#session.channels.openSession(events)))
      return await work(files)
    } finally {
      files?.close()
      this.#slots.release()
    }
  }

  async #start(line: string, events: CommandEvents): Promise<RunningCommand> {
    for (;;) {
      await this.#slots.take()
      const command = new SshCommand({
        events,
        clock: this.#options.clock,
        giveUp: error => this.#session.fail(error),
        onClosed: () => this.#slots.release(),
      })
      if (!events.wanted) {
        this.#slots.release()
        return command
      }
      const channel = await this.#open(command)
      if (channel) {
        command.attach(channel)
        if (events.wanted) await this.#inTime(this.#exec(channel, line))
        else command.close()
        return command
      }
    }
  }

  /** undefined when the host has too many channels open: worth another try. */
  async #open(command: SshCommand): Promise<SshChannel | undefined> {
    try {
      return await this.#inTime(this.#session.channels.openSession(command))
    } catch (error) {
      const crowded = error instanceof ChannelRefused && this.#slots.shrink()
      this.#slots.release()
      if (crowded) return undefined
      if (!(error instanceof ChannelRefused)) throw error
      throw new TransportError('error', `the host refused to open a session: ${error.message}`, {
        stage: 'session',
        cause: error,
      })
    }
  }

  async #exec(channel: SshChannel, line: string): Promise<void> {
    if (this.#options.forwardAgent) await channel.forwardAgent()
    if (await channel.exec(line)) return
    channel.close()
    throw this.#session.error ?? new TransportError('error', 'the host refused to run a command', { stage: 'session' })
  }

  /** A host that takes connections and then does not start anything is told apart from one whose command takes long. */
  async #inTime<T>(starting: Promise<T>): Promise<T> {
    const { clock, startTimeoutMs } = this.#options
    if (startTimeoutMs === 0) return starting
    const late = Promise.withResolvers<never>()
    const cancel = clock.timer(startTimeoutMs, () => {
      const message = `connected, but no command was started within ${formatDuration(startTimeoutMs)}`
      const error = new TransportError('connect-timeout', message, { stage: 'session' })
      this.#session.fail(error)
      late.reject(error)
    })
    try {
      return await Promise.race([starting, late.promise])
    } finally {
      cancel()
    }
  }
}
