import type { Clock } from '../core/clock.ts'
import type { Chunk, Command, Output, RunOptions } from '../core/transport.ts'
import { CommandWatch, type Ending } from './command-watch.ts'
import { SudoGate, type SudoMarks, signalUnderSudo } from './sudo.ts'

/** A command that was started, local or remote. Nothing here waits. */
export interface RunningCommand {
  /** Held: wait for `drained` before more. Closed: nobody reads any more, and the bytes are dropped. */
  write(bytes: Uint8Array): 'sent' | 'held' | 'closed'
  endInput(): void
  signal(name: 'TERM' | 'KILL'): void
  /** Resolves when everything that was on its way has arrived: silence says nothing on a line that stands still. */
  settled(): Promise<void>
  /** Closes what carries its output, and sees to it that nothing of it stays, without being asked again. */
  close(): void
}

/** What a started command tells. */
export interface CommandEvents {
  /** False once the command is to be ended: what was not started by then must not start. */
  readonly wanted: boolean
  /** A returned promise asks to be held back until it settles. */
  output(stream: Chunk['stream'], bytes: Uint8Array): Promise<void> | undefined
  drained(): void
  /** The process ended; output may still come. */
  exited(code: number | null, signal?: string): void
  /** Nothing more will come. `lost` says why nothing is known of the end. */
  closed(lost?: string): void
}

/** How long after the end of a process its output may stay open in silence, held by a process that it left behind. */
const lingerMs = 1000
/**
 * After TERM, after KILL, after closing: how long to wait until the next stronger measure, the last of which is to go on without it.
 * A sudo that is to end another one has its own time, beside the rest.
 */
const patienceMs = { term: 1000, aside: 3000, kill: 300, close: 300 }

const leftBehind = 'a process that it started keeps its output open: not read any further'
const unconfirmed = 'its end was not confirmed: it may still run'

export interface Execution {
  readonly clock: Clock
  readonly options: RunOptions
  /** The marks of the sudo that the command is wrapped in, when options ask for one. */
  readonly sudoMarks?: SudoMarks
  /** Runs another command there, for a moment: to end one that runs under sudo. */
  readonly aside?: (command: Command, options: RunOptions) => Promise<unknown>
  /** @throws TransportError when the command could not be started at all */
  start(events: CommandEvents): Promise<RunningCommand>
}

/** Runs a command to its end within the limits of RunOptions. Trouble of the command is in the Output. */
export function execute(execution: Execution): Promise<Output> {
  return new CommandRun(execution).run()
}

class CommandRun implements CommandEvents {
  readonly #execution: Execution
  readonly #clock: Clock
  readonly #options: RunOptions
  readonly #start: Execution['start']
  readonly #gate: SudoGate | undefined
  readonly #over = Promise.withResolvers<Ending>()
  readonly #watch: CommandWatch
  #command: RunningCommand | undefined
  #exit: { readonly code: number | null; readonly signal?: string } | undefined
  #printed = false
  #lingering = false
  #finished = false
  #cancelTimer: (() => void) | undefined
  #drain: (() => void) | undefined
  #openInput: (() => void) | undefined
  #stopInput: (() => void) | undefined

  constructor(execution: Execution) {
    const { clock, options, sudoMarks, start } = execution
    this.#execution = execution
    this.#clock = clock
    this.#options = options
    this.#start = start
    this.#gate = options.sudo && sudoMarks ? new SudoGate(sudoMarks, options.sudo) : undefined
    this.#watch = new CommandWatch({ clock, options, stop: () => this.#stop() })
  }

  async run(): Promise<Output> {
    try {
      if (this.wanted) this.#start(this).then(command => this.#started(command), this.#over.reject)
      return await this.#watch.finish(await this.#over.promise)
    } finally {
      this.#finished = true
      this.#cancelTimer?.()
      this.#stopInput?.()
      this.#watch[Symbol.dispose]()
    }
  }

  get wanted(): boolean {
    return !this.#finished && !this.#watch.stopped
  }

  output(stream: Chunk['stream'], bytes: Uint8Array): Promise<void> | undefined {
    if (this.#finished) return undefined
    if (stream === 'stdout') this.#printed = true
    if (stream === 'stdout' || !this.#gate) return this.#watch.accept(stream, bytes)
    const step = this.#gate.feed(bytes)
    let held: Promise<void> | undefined
    for (const piece of step.pass) held = this.#watch.accept('stderr', piece)
    if (step.sendPassword) this.#command?.write(Buffer.from(`${this.#options.sudo?.password ?? ''}\n`))
    if (step.started) this.#openInput?.()
    // Without more input sudo gives up by itself.
    if (this.#gate.wrongPassword) this.#command?.endInput()
    return held
  }

  drained(): void {
    this.#drain?.()
  }

  exited(code: number | null, signal?: string): void {
    this.#exit = { code, ...(signal === undefined ? {} : { signal }) }
    if (this.wanted) this.#linger(lingerMs)
  }

  closed(lost?: string): void {
    if (this.#finished) return
    this.#finished = true
    const rest = this.#gate?.flush()
    if (rest && rest.length > 0) this.#watch.accept('stderr', rest)
    this.#over.resolve(this.#ending(lost))
  }

  #started(command: RunningCommand): void {
    this.#command = command
    if (this.#finished) command.close()
    else if (this.wanted) this.#feed(command).catch(error => this.#watch.fail(error))
    else this.#stop()
  }

  #ending(lost: string | undefined): Ending {
    if (!this.#exit) {
      if (this.#watch.stopped) return { code: null, message: unconfirmed }
      if (lost !== undefined) return { code: null, ended: 'closed', message: lost }
      return { code: null, ended: 'no-exit-status', message: 'the command ended without an exit status' }
    }
    const refusal = this.#gate?.refusal({ code: this.#exit.code, printed: this.#printed })
    if (refusal !== undefined) return { code: this.#exit.code, ended: 'sudo', message: refusal }
    return this.#lingering ? { ...this.#exit, message: leftBehind } : this.#exit
  }

  async #feed(command: RunningCommand): Promise<void> {
    if (this.#gate && !this.#gate.open) await new Promise<void>(resolve => (this.#openInput = resolve))
    const { stdin } = this.#options
    if (stdin instanceof Uint8Array) command.write(stdin)
    else if (stdin) await this.#pour(stdin[Symbol.asyncIterator](), command)
    if (!this.#finished) command.endInput()
  }

  async #pour(source: AsyncIterator<Uint8Array>, command: RunningCommand): Promise<void> {
    // The source may be waiting for more (a terminal): when the command ends first, its end is not waited for.
    const stop = (): void => void source.return?.().catch(() => undefined)
    this.#stopInput = stop
    for (;;) {
      const next = await source.next()
      if (next.done || this.#finished) return
      const written = command.write(next.value)
      if (written === 'closed') return stop()
      if (written === 'held') await new Promise<void>(resolve => (this.#drain = resolve))
    }
  }

  /** A background process can hold the output open after the command: once it is silent, its output is closed. */
  #linger(waitMs: number): void {
    this.#cancelTimer = this.#clock.timer(waitMs, () => {
      const { lastOutputAt, held } = this.#watch
      const silentMs = held ? 0 : this.#clock.monotonic() - lastOutputAt
      if (silentMs < lingerMs) this.#linger(lingerMs - silentMs)
      else this.#command?.settled().then(() => this.#leave(lastOutputAt))
    })
  }

  #leave(lastOutputAt: number): void {
    if (!this.wanted) return
    if (this.#watch.lastOutputAt !== lastOutputAt || this.#watch.held) {
      this.#linger(lingerMs)
      return
    }
    this.#lingering = true
    this.#close()
  }

  /** A limit was passed, or the run was stopped. */
  #stop(): void {
    this.#cancelTimer?.()
    if (!this.#command) this.#over.resolve({ code: null })
    else if (this.#exit) this.#close()
    else this.#kill(this.#command)
  }

  #kill(command: RunningCommand): void {
    this.#signal(command, 'TERM')
    this.#cancelTimer = this.#clock.timer(patienceMs.term, () => {
      this.#signal(command, 'KILL')
      this.#cancelTimer = this.#clock.timer(patienceMs.kill, () => this.#close())
    })
  }

  /** sudo passes a signal on to the command alone: what that started is reached by a sudo of ours, before the first one is gone. */
  #signal(command: RunningCommand, name: 'TERM' | 'KILL'): void {
    const { aside, sudoMarks, options } = this.#execution
    if (!aside || !sudoMarks || !options.sudo) {
      command.signal(name)
      return
    }
    const { signal } = new AbortController()
    const limits = { signal, timeoutMs: patienceMs.aside, sudo: options.sudo }
    aside({ shell: signalUnderSudo(name, sudoMarks) }, limits)
      .catch(() => undefined)
      .then(() => command.signal(name))
  }

  #close(): void {
    this.#command?.close()
    if (this.#finished) return
    this.#cancelTimer = this.#clock.timer(patienceMs.close, () => this.#over.resolve(this.#ending(undefined)))
  }
}
