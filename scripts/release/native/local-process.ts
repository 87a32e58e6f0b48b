import type { Chunk } from '../../../src/lib/core/transport.ts'
import {
  type LocalProcess,
  type LocalProgram,
  type ProcessListener,
  startProcess as startWithInput,
} from '../../../src/lib/transport/local-process.ts'

/** As in src, with the runtime's own `spawn`: no layer of streams lies over its pipes. Programs with input are left to node:child_process. */
export function startProcess(program: LocalProgram, listener: ProcessListener): LocalProcess {
  return program.hasInput ? startWithInput(program, listener) : new NativeProcess(program, listener)
}

/** Not among the types: nothing is read from a pipe before somebody asks for it, so that a program waits for us and not in our memory. */
interface Lazy {
  readonly lazy: true
}

class NativeProcess implements LocalProcess {
  readonly pid: number | undefined
  readonly #outputs: readonly Reading[]

  constructor({ argv, env, cwd }: LocalProgram, listener: ProcessListener) {
    const options: Bun.Spawn.SpawnOptions<'ignore', 'pipe', 'pipe'> & Lazy = {
      env,
      ...(cwd !== undefined && { cwd }),
      detached: true,
      lazy: true,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      // It may be called before `spawn` returns.
      onExit: (_child, code, signal) => queueMicrotask(() => listener.exited(...ended(code, signal))),
    }
    try {
      const child = Bun.spawn([...argv], options)
      this.pid = child.pid
      this.#outputs = [read('stdout', child.stdout, listener), read('stderr', child.stderr, listener)]
    } catch (error) {
      this.#outputs = []
      queueMicrotask(() => listener.notStarted(error))
    }
  }

  write(): 'closed' {
    return 'closed'
  }

  endInput(): void {}

  close(): void {
    for (const output of this.#outputs) output.cancel().catch(() => undefined)
  }
}

/** A signal without a name, as those for real-time use, is told by its number. */
function ended(code: number | null, signal: string | number | null): [code: number | null, signal?: string] {
  return signal === null ? [code] : [null, String(signal).replace(/^SIG/, '')]
}

interface Reading {
  cancel(): Promise<void>
}

/** Passes on what a stream brings, and asks for no more while that is held back. */
function read(stream: Chunk['stream'], pipe: ReadableStream<Uint8Array>, listener: ProcessListener): Reading {
  const reader = pipe.getReader()
  const end = (): void => listener.outputEnded()
  const next = (): void => {
    reader.read().then(({ done, value }) => {
      if (done) return end()
      const held = listener.output(stream, value)
      if (held) held.then(next)
      else next()
    }, end)
  }
  next()
  return reader
}
