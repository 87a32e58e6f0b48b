import type { Duplex } from 'node:stream'
import { type Clock, sleep } from '../core/clock.ts'
import { formatDuration } from '../core/duration.ts'
import type { Host } from '../core/host.ts'
import { type Command, type Output, type PutOptions, type RunOptions, type Transport, TransportError } from '../core/transport.ts'
import { ChannelDuplex } from './channel-duplex.ts'
import { ChannelSlots } from './channel-slots.ts'
import { commandLine } from './quote.ts'
import { type CommandEvents, type Execution, execute, type RunningCommand } from './running-command.ts'
import { ChannelRefused } from './ssh-channel.ts'
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

/**
 * sshd frees the place of a session a moment after it has closed the channel: with few places a channel can be refused although none is
 * open any more. So often, and with such pauses, it is asked again.
 */
const loneTries = 20
const loneWaitMs = 50

/** A host over one authenticated SSH connection, with several commands at a time. */
export class SshTransport implements Transport {
  readonly host: Host
  readonly #options: SshTransportOptions
  readonly #session: SshSession
  readonly #slots = new ChannelSlots()
  readonly #run = (command: Command, options: RunOptions): Promise<Output> => this.run(command, options)
  #shell: Promise<boolean> | undefined
  /** The host has run a command, so it takes channels. */
  #served = false

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
    return this.#execute(command, options, (other, more) => this.#execute(other, more))
  }

  #execute(command: Command, options: RunOptions, aside?: Execution['aside']): Promise<Output> {
    const { sudo, env } = options
    const marks = sudo ? newSudoMarks() : undefined
    const line =
      sudo && marks
        ? commandLine({ argv: sudoArgv({ command, sudo, marks, ...(env ? { env } : {}) }) })
        : commandLine(command, env)
    return execute({
      clock: this.#options.clock,
      options,
      ...(marks && { sudoMarks: marks }),
      ...(aside && { aside }),
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

  dial(target: { readonly host: string; readonly port: number }, { signal }: { readonly signal: AbortSignal }): Promise<Duplex> {
    return ChannelDuplex.open(this.#session.channels, target, signal)
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
    const release = await this.#slots.take()
    const opening = SftpFiles.open(events => this.#session.channels.openSession(events))
    try {
      return await work(await this.#inTime(opening))
    } finally {
      // Also when it opens too late.
      opening.then(files => files.close()).catch(() => undefined)
      release()
    }
  }

  async #start(line: string, events: CommandEvents): Promise<RunningCommand> {
    for (let lone = 0; ; ) {
      const onClosed = await this.#slots.take()
      const { clock } = this.#options
      const command = new SshCommand({
        events,
        clock,
        giveUp: error => this.#session.fail(error),
        ping: () => this.#session.ping(),
        onClosed,
      })
      if (!events.wanted) {
        onClosed()
        return command
      }
      try {
        await this.#inTime(this.#launch(command, line, events))
        this.#served = true
        return command
      } catch (error) {
        const crowded = error instanceof ChannelRefused && this.#slots.shrink()
        onClosed()
        command.close()
        if (crowded) continue
        if (error instanceof ChannelRefused && this.#served && lone++ < loneTries) {
          await sleep(clock, loneWaitMs)
          continue
        }
        if (!(error instanceof ChannelRefused)) throw error
        throw new TransportError('error', `the host refused to open a session: ${error.message}`, {
          stage: 'session',
          cause: error,
        })
      }
    }
  }

  async #launch(command: SshCommand, line: string, events: CommandEvents): Promise<void> {
    const channel = await this.#session.channels.openSession(command)
    command.attach(channel)
    if (!events.wanted) {
      command.close()
      return
    }
    if (this.#options.forwardAgent) await channel.forwardAgent()
    if (await channel.exec(line)) return
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
      late.reject(error)
      // Nothing else is under way on this connection, and it may well be dead.
      if (this.#session.channels.size <= 1) this.#session.fail(error)
    })
    try {
      return await Promise.race([starting, late.promise])
    } finally {
      cancel()
    }
  }
}
