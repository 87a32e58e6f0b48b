import type { Readable } from 'node:stream'
import { execa } from 'execa'
import type { Clock } from '../core/clock.ts'
import type { Host } from '../core/host.ts'
import type { Chunk, Command, Output, PutOptions, RunOptions, Transport } from '../core/transport.ts'
import { withEnv } from './quote.ts'
import { type CommandEvents, type Execution, execute, type RunningCommand } from './running-command.ts'
import { newSudoMarks, sudoArgv } from './sudo.ts'
import { getFile, putFile } from './transfer.ts'
import type { Wire, WireEvents } from './wire.ts'

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
    start: async events => new LocalCommand(argv, { ...place, env }, events),
  })
}

/** A line for /bin/sh whose standard input and output carry a connection: ProxyCommand. Its stderr is kept for the message. */
export function openProxyCommand(line: string, place: LocalPlace): Wire {
  return new ProxyCommandWire(line, place)
}

/** In its own process group, so that a signal reaches everything it started. */
class LocalCommand implements RunningCommand {
  readonly #events: CommandEvents
  readonly #child: Subprocess
  readonly #clock: Clock
  #open = 2
  #exited = false
  #inputBroken = false
  #signalled = false

  constructor(argv: readonly string[], place: LocalPlace, events: CommandEvents) {
    this.#events = events
    this.#clock = place.clock
    const child = spawn(argv, place)
    this.#child = child
    this.#listen('stdout', child.stdout)
    this.#listen('stderr', child.stderr)
    child.stdin.on('drain', () => events.drained())
    child.stdin.on('error', () => {
      this.#inputBroken = true
      events.drained()
    })
    child.nodeChildProcess.on('exit', (code, signal) => {
      this.#exited = true
      events.exited(code, signal === null ? undefined : signal.replace(/^SIG/, ''))
      this.#closeWhenDone()
    })
    child.then(({ code }) => {
      if (child.pid === undefined) this.#notStarted(argv[0] ?? '', code ?? 'error')
    })
  }

  write(bytes: Uint8Array): 'sent' | 'held' | 'closed' {
    if (this.#inputBroken) return 'closed'
    return this.#child.stdin.write(bytes) ? 'sent' : 'held'
  }

  endInput(): void {
    this.#child.stdin.end()
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
    this.#child.stdin.destroy()
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

  /** As a shell tells it. */
  #notStarted(program: string, code: string): void {
    const text = code === 'ENOENT' ? 'not found' : code === 'EACCES' ? 'permission denied' : `can not be started (${code})`
    this.#events.output('stderr', Buffer.from(`${program}: ${text}\n`))
    this.#events.exited(code === 'ENOENT' ? 127 : 126)
    this.#events.closed()
  }
}

class ProxyCommandWire implements Wire {
  readonly #child: Subprocess
  #words = ''

  constructor(line: string, place: LocalPlace) {
    this.#child = spawn(['/bin/sh', '-c', line], place)
  }

  listen(events: WireEvents): void {
    const child = this.#child
    child.stdout.on('data', (bytes: Uint8Array) => events.data(bytes))
    child.stderr.on('data', (bytes: Uint8Array) => {
      if (this.#words.length < 1024) this.#words += Buffer.from(bytes).toString()
    })
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    child.nodeChildProcess.on('close', (code, signal) => {
      const how = signal === null ? `status ${code}` : `signal ${signal}`
      events.closed(new Error([`the ProxyCommand ended with ${how}`, this.#words.trim()].filter(Boolean).join(': ')))
    })
  }

  write(bytes: Uint8Array): void {
    this.#child.stdin.write(bytes)
  }

  end(): void {
    this.#child.stdin.end()
    killGroup(this.#child.pid, 'SIGTERM')
  }

  destroy(): void {
    killGroup(this.#child.pid, 'SIGKILL')
  }
}

type Subprocess = ReturnType<typeof spawn>

function spawn(argv: readonly string[], { env, cwd = removedDirectory() }: LocalPlace) {
  const [program = '', ...args] = argv
  return execa(program, args, {
    env: Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined)),
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    stripFinalNewline: false,
    encoding: 'buffer',
  })
}

/** execa asks for the name of the working directory, and one that was removed has none: by this one Linux lets a child stay there. */
function removedDirectory(): string | undefined {
  try {
    process.cwd()
    return undefined
  } catch {
    return '/proc/self/cwd'
  }
}

function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone, or belongs to another user by now (sudo): nothing to end here.
  }
}
