import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { errnoOf } from '../core/errno.ts'
import type { Host } from '../core/host.ts'
import type { Chunk, Command, Output, PutOptions, RunOptions, Transport } from '../core/transport.ts'
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
  return execute({
    clock: place.clock,
    options,
    ...(marks && { sudoMarks: marks }),
    ...(aside && { aside }),
    start: async events =>
      startLocally({ argv, hasInput: options.stdin !== undefined || marks !== undefined }, { ...place, env }, events),
  })
}

/** In its own process group, so that a signal reaches everything it started. */
function startLocally(
  { argv, hasInput }: { readonly argv: readonly string[]; readonly hasInput: boolean },
  { clock, env, cwd }: LocalPlace,
  events: CommandEvents,
): RunningCommand {
  const [program = '', ...args] = argv
  // A pipe that is closed at once says the same as no input, and costs as much as a tenth of a start.
  const shared = { env, cwd, detached: true }
  try {
    const child: Child = hasInput
      ? spawn(program, args, { ...shared, stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn(program, args, { ...shared, stdio: ['ignore', 'pipe', 'pipe'] })
    return new LocalCommand(program, child, { clock, events })
  } catch (error) {
    // Arguments that no program can be given: too long, or with a NUL inside.
    tellNotStarted(program, errnoOf(error), events)
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
function tellNotStarted(program: string, code: string | undefined, events: CommandEvents): void {
  const text =
    code === 'ENOENT' ? 'not found' : code === 'EACCES' ? 'permission denied' : `can not be started (${code ?? 'error'})`
  events.output('stderr', Buffer.from(`${program}: ${text}\n`))
  events.exited(code === 'ENOENT' ? 127 : 126)
  events.closed()
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>

class LocalCommand implements RunningCommand {
  readonly #events: CommandEvents
  readonly #child: Child
  readonly #clock: Clock
  #open = 2
  #exited = false
  #inputBroken = false
  #signalled = false

  constructor(program: string, child: Child, { clock, events }: { readonly clock: Clock; readonly events: CommandEvents }) {
    this.#events = events
    this.#clock = clock
    this.#child = child
    child.on('error', error => {
      if (child.pid === undefined) tellNotStarted(program, errnoOf(error), events)
    })
    this.#listen('stdout', child.stdout)
    this.#listen('stderr', child.stderr)
    child.stdin?.on('drain', () => events.drained())
    child.stdin?.on('error', () => {
      this.#inputBroken = true
      events.drained()
    })
    child.on('exit', (code, signal) => {
      if (child.pid === undefined) return
      this.#exited = true
      events.exited(code, signal === null ? undefined : signal.replace(/^SIG/, ''))
      this.#closeWhenDone()
    })
  }

  write(bytes: Uint8Array): 'sent' | 'held' | 'closed' {
    if (this.#inputBroken || this.#child.stdin === null) return 'closed'
    return this.#child.stdin.write(bytes) ? 'sent' : 'held'
  }

  endInput(): void {
    this.#child.stdin?.end()
  }

  signal(name: 'TERM' | 'KILL'): void {
    this.#signalled = true
    killGroup(this.#child.pid, `SIG${name}`)
  }

  /** What is in a pipe is read in the next turns of the event loop; a busy one may have run the timers first. */
  settled(): Promise<void> {
    return new Promise(resolve => this.#clock.timer(settlingMs, resolve))
  }

  close(): void {
    this.#child.stdin?.destroy()
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  #listen(stream: Chunk['stream'], readable: Readable): void {
    readable.on('data', (bytes: Uint8Array) => {
      const held = this.#events.output(stream, bytes)
      if (!held) return
      readable.pause()
      held.then(() => readable.resume())
    })
    readable.on('error', () => readable.destroy())
    readable.on('close', () => {
      this.#open--
      this.#closeWhenDone()
    })
  }

  #closeWhenDone(): void {
    if (!this.#exited || this.#open > 0) return
    // Whoever was to end and only let go of the output ends now.
    if (this.#signalled) killGroup(this.#child.pid, 'SIGKILL')
    this.#events.closed()
  }
}
