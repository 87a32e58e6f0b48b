import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process of its own that takes lines over HTTP: its time is nobody's figure. */
export class CountingServer implements Disposable {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, port: string) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}/`
  }

  /** `refusesS`: it takes nothing for so long, from the first request on. */
  static async start({ refusesS = 0 } = {}): Promise<CountingServer> {
    const script = new URL('line-counter.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [script, String(refusesS)], { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const port of createInterface(child.stdout)) return new CountingServer(child, port)
    throw new Error('the server that counts lines did not start')
  }

  /** Lines that came since this was asked last. */
  async counted(): Promise<number> {
    return Number(await (await fetch(this.url)).text())
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }
}
