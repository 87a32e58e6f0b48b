import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { EngineRun, EngineWork } from './probe-engine.ts'

const program = new URL('./probe-engine.ts', import.meta.url).pathname

/** A process with the engine, which stays: what it has compiled and which connections it keeps is that of a daemon. */
export class EngineProcess implements AsyncDisposable {
  readonly #child
  readonly #lines

  constructor(work: EngineWork) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(work)], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Looks so many times at every endpoint. */
  async run(rounds: number): Promise<EngineRun> {
    this.#child.stdin.write(`${rounds}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('the engine has ended')
    return JSON.parse(value)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin.end()
    await ended
  }
}
