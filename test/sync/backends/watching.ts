import type { Backend, BackendTools, Revision } from '../../../src/lib/core/backend.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { poll } from '../../helpers/poll.ts'

export interface Tools extends BackendTools {
  /** Messages that were logged. */
  readonly logged: string[]
}

export function toolsIn(directory: string, signal = new AbortController().signal): Tools {
  const logged: string[] = []
  return {
    ...{ clock: systemClock, random: Math.random, signal, directory, logged },
    log: (_, message, fields) => void logged.push(`${message} ${String(fields?.['error'] ?? '')}`),
  }
}

interface WatchOptions {
  readonly prefix: string
  readonly directory: string
  /** Stretches the pauses between two tries. */
  readonly random?: () => number
}

/** Everything that a watch tells, until the end of the block. */
export class Watching implements AsyncDisposable {
  readonly states: Revision[] = []
  readonly tools: Tools
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(backend: Backend, { prefix, directory, random = Math.random }: WatchOptions) {
    this.tools = { ...toolsIn(directory, this.#stop.signal), random }
    this.#done = this.#read(backend.watch(prefix, this.tools))
  }

  /** Waits until the newest state is this one. */
  async untilIs(expected: Readonly<Record<string, string>>, deadlineMs = 30_000): Promise<void> {
    await poll(`the watch tells ${JSON.stringify(expected).slice(0, 200)}`, deadlineMs, () =>
      Bun.deepEquals(textsOf(this.states.at(-1)), expected),
    ).catch(error => {
      throw new Error(
        `${error.message}; told last ${JSON.stringify(textsOf(this.states.at(-1))).slice(0, 400)}; ${this.tools.logged}`,
      )
    })
  }

  async untilLogged(pattern: RegExp, deadlineMs: number): Promise<void> {
    await poll(`a message ${pattern}`, deadlineMs, () => this.tools.logged.some(message => pattern.test(message)))
  }

  async #read(states: AsyncIterable<Revision>): Promise<void> {
    try {
      for await (const state of states) this.states.push(state)
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the test is over'))
    await this.#done
  }
}

export const textsOf = (revision: Revision | undefined): Record<string, string> =>
  Object.fromEntries([...(revision?.entries ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes).toString()]))
