import type { Clock } from '../core/clock.ts'
import { errnoOf } from '../core/errno.ts'
import type { Host } from '../core/host.ts'
import type { Chunk, Command, Output, PutOptions, RunOptions, Transport } from '../core/transport.ts'
import { type LocalProcess, type LocalProgram, type ProcessListener, startProcess } from './local-process.ts'
import { killGroup } from './process-group.ts'
import { withEnv } from './quote.ts'
import { type CommandEvents, type Execution, execute, type RunningCommand } from './running-command.ts'
import { newSudoMarks, sudoArgv } from './sudo.ts'
import { getFile, putFile } from './transfer.ts'

const settlingMs = 50

/** Where a local program runs. */
export interface LocalPlace {
  readonly clock: Clock
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** This machine, without SSH. */
export class LocalTransport implements Transport {
  readonly host: Host
  readonly #place: LocalPlace

  constructor(host: Host, place: LocalPlace) {
    this.host = host
    this.#place = place
  }

  run(command: Command, options: RunOptions): Promise<Output> {
    return runLocally(this.#place, command, options)
  }

  put(content: AsyncIterable<Uint8Array> | Uint8Array, path: string, options: PutOptions): Promise<void> {
    return putFile((command, more) => this.run(command, more), { content, path, ...options })
  }

  get(path: string, options: { readonly signal: AbortSignal }): Promise<Uint8Array> {
    return getFile((command, more) => this.run(command, more), { path, signal: options.signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Runs one program of this machine: an executable inventory, `Match exec`. A shell line goes to /bin/sh. */
export function runLocally(place: LocalPlace, command: Command, options: RunOptions): Promise<Output> {
  return executeLocally(place, command, options, (other, more) => executeLocally(place, other, more))
}

function executeLocally(
  place: LocalPlace,
  command: Command,
  ...[options, aside]: [options: RunOptions, aside?: Execution['aside']]
): Promise<Output> {
  const marks = options.sudo ? newSudoMarks() : undefined
  const argv =
    options.sudo && marks
      ? sudoArgv({ command, sudo: options.sudo, marks, ...(options.env ? { env: options.env } : {}) })
      : 'shell' in command
        ? ['/bin/sh', '-c', command.shell]
        : withEnv(command.argv, {})
  const env = { ...place.env, ...options.env }
  const hasInput = options.stdin !== undefined || marks !== undefined
  return execute({
    clock: place.clock,
    options,
    ...(marks && { sudoMarks: marks }),
    ...(aside && { aside }),
    start: async events => startLocally({ argv, env, cwd: place.cwd, hasInput }, place.clock, events),
  })
}

/** In its own process group, so that a signal reaches everything it started. */
function startLocally(program: LocalProgram, clock: Clock, events: CommandEvents): RunningCommand {
  try {
    return new LocalCommand(program, { clock, events })
  } catch (error) {
    // Arguments that no program can be given: too long, or with a NUL inside.
    tellNotStarted(program, error, events)
    return neverStarted
  }
}

const neverStarted: RunningCommand = {
  write: () => 'closed',
  endInput() {},
  signal() {},
  settled: async () => {},
  close() {},
}

/** As a shell tells it. */
function tellNotStarted({ argv: [program] }: LocalProgram, error: unknown, events: CommandEvents): void {
  const code = errnoOf(error)
  const text =
    code === 'ENOENT' ? 'not found' : code === 'EACCES' ? 'permission denied' : `can not be started (${code ?? 'error'})`
  events.output('stderr', Buffer.from(`${program}: ${text}\n`))
  events.exited(code === 'ENOENT' ? 127 : 126)
  events.closed()
}

class LocalCommand implements RunningCommand, ProcessListener {
  readonly #program: LocalProgram
  readonly #clock: Clock
  readonly #events: CommandEvents
  readonly #process: LocalProcess
  #open = 2
  #exited = false
  #signalled = false

  constructor(program: LocalProgram, { clock, events }: { readonly clock: Clock; readonly events: CommandEvents }) {
    this.#program = program
    this.#clock = clock
    this.#events = events
    this.#process = startProcess(program, this)
  }

  write(bytes: Uint8Array): 'sent' | 'held' | 'closed' {
    return this.#process.write(bytes)
  }

  endInput(): void {
    this.#process.endInput()
  }

  signal(name: 'TERM' | 'KILL'): void {
    this.#signalled = true
    killGroup(this.#process.pid, `SIG${name}`)
  }

  /** What is in a pipe is read in the next turns of the event loop; a busy one may have run the timers first. */
  settled(): Promise<void> {
    return new Promise(resolve => this.#clock.timer(settlingMs, resolve))
  }

  close(): void {
    this.#process.close()
  }

  output(stream: Chunk['stream'], bytes: Uint8Array): Promise<void> | undefined {
    return this.#events.output(stream, bytes)
  }

  outputEnded(): void {
    this.#open--
    this.#closeWhenDone()
  }

  drained(): void {
    this.#events.drained()
  }

  exited(code: number | null, signal?: string): void {
    this.#exited = true
    this.#events.exited(code, signal)
    this.#closeWhenDone()
  }

  notStarted(error: unknown): void {
    tellNotStarted(this.#program, error, this.#events)
  }

  #closeWhenDone(): void {
    if (!this.#exited || this.#open > 0) return
    // Whoever was to end and only let go of the output ends now.
    if (this.#signalled) killGroup(this.#process.pid, 'SIGKILL')
    this.#events.closed()
  }
}
