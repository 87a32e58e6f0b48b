import type { ChildProcessByStdio, SpawnOptions } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Chunk } from '../core/transport.ts'

/** What is to run on this machine, in a session and process group of its own. */
export interface LocalProgram {
  /** The program and its arguments. A program without a slash is looked for in the PATH of `env`. */
  readonly argv: readonly string[]
  /** The whole environment; what is undefined is not in it. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string | undefined
  /** A pipe that is closed at once says the same as no input, and costs as much as a tenth of a start. */
  readonly hasInput: boolean
}

/** What a started program tells, never before `startProcess` has returned. */
export interface ProcessListener {
  /** A returned promise asks to be held back until it settles. */
  output(stream: Chunk['stream'], bytes: Uint8Array): Promise<void> | undefined
  /** One of the two streams ended, or broke. */
  outputEnded(): void
  /** There is room for input again, or nobody reads it any more. */
  drained(): void
  /** Without SIG before the name; output may still come. */
  exited(code: number | null, signal?: string): void
  /** In place of all the rest. */
  notStarted(error: unknown): void
}

export interface LocalProcess {
  readonly pid: number | undefined
  write(bytes: Uint8Array): 'sent' | 'held' | 'closed'
  endInput(): void
  /** Lets go of input and output; the process may live on. */
  close(): void
}

/**
 * Starts a program. On its own node:child_process is asked for, whose streams cost a tenth of a start; the compiled program has its runtime's own
 * way in place of this module (scripts/release/native/).
 * @throws Error for arguments that no program can be given: too long, or with a NUL inside
 */
export function startProcess(program: LocalProgram, listener: ProcessListener): LocalProcess {
  return new NodeProcess(program, listener)
}

class NodeProcess implements LocalProcess {
  readonly #child: ChildProcessByStdio<Writable | null, Readable, Readable>
  #inputBroken = false

  constructor({ argv: [program = '', ...args], env, cwd, hasInput }: LocalProgram, listener: ProcessListener) {
    const { spawn } = process.getBuiltinModule('node:child_process')
    const shared: SpawnOptions = { env, cwd, detached: true }
    const child = hasInput
      ? spawn(program, args, { ...shared, stdio: ['pipe', 'pipe', 'pipe'] })
      : spawn(program, args, { ...shared, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.on('error', error => {
      if (child.pid === undefined) listener.notStarted(error)
    })
    pass('stdout', child.stdout, listener)
    pass('stderr', child.stderr, listener)
    child.stdin?.on('drain', () => listener.drained())
    child.stdin?.on('error', () => {
      this.#inputBroken = true
      listener.drained()
    })
    child.on('exit', (code, signal) => {
      if (child.pid !== undefined) listener.exited(code, signal?.replace(/^SIG/, ''))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  write(bytes: Uint8Array): 'sent' | 'held' | 'closed' {
    if (this.#inputBroken || this.#child.stdin === null) return 'closed'
    return this.#child.stdin.write(bytes) ? 'sent' : 'held'
  }

  endInput(): void {
    this.#child.stdin?.end()
  }

  close(): void {
    this.#child.stdin?.destroy()
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }
}

function pass(stream: Chunk['stream'], readable: Readable, listener: ProcessListener): void {
  readable.on('data', (bytes: Uint8Array) => {
    const held = listener.output(stream, bytes)
    if (!held) return
    readable.pause()
    held.then(() => readable.resume())
  })
  readable.on('error', () => readable.destroy())
  readable.on('close', () => listener.outputEnded())
}
