import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/helpers/free-port.ts'
import { poll } from '../../test/helpers/poll.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { ProcessPeaks } from './process-peaks.ts'

/** A scrape as numbers by series, and what it took. */
export interface Scrape {
  readonly series: ReadonlyMap<string, number>
  readonly ms: number
  readonly bytes: number
}

/** `opsctl probe serve` as it is shipped, in a process of its own. */
export class PatrolDaemon implements AsyncDisposable {
  readonly #process: Bun.Subprocess
  readonly #directory: string
  readonly #url: string
  readonly peaks: ProcessPeaks

  private constructor(process: Bun.Subprocess, where: { readonly directory: string; readonly url: string }) {
    this.#process = process
    this.#directory = where.directory
    this.#url = where.url
    this.peaks = new ProcessPeaks(process.pid)
  }

  /** Resolves when it answers. */
  static async start(checks: string, { parent, args }: { readonly parent: string; readonly args: readonly string[] }) {
    const directory = await mkdtemp(join(parent, 'patrol-'))
    const file = join(directory, 'checks.yaml')
    await writeFile(file, checks)
    const address = `127.0.0.1:${await freePort()}`
    const env = { PATH: '/usr/bin:/bin', HOME: directory, XDG_STATE_HOME: directory, LC_ALL: 'C.UTF-8' }
    const argv = [opsctlProgram(), 'probe', 'serve', '-f', file, '--listen', address, ...args]
    const process = Bun.spawn(argv, {
      env,
      cwd: directory,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: Bun.file(join(directory, 'log')),
    })
    const daemon = new PatrolDaemon(process, { directory, url: `http://${address}` })
    const log = (): string => readFileSync(join(directory, 'log'), 'utf8')
    await poll('the patrol answers', 60_000, () => {
      if (process.exitCode !== null) throw new Error(`the patrol ended with ${process.exitCode}: ${log()}`)
      return daemon.get('/metrics').then(
        ({ status }) => status === 200,
        () => false,
      )
    })
    return daemon
  }

  get url(): string {
    return this.#url
  }

  get(path: string): Promise<Response> {
    return fetch(this.#url + path)
  }

  async scrape(): Promise<Scrape> {
    const start = performance.now()
    const text = await (await this.get('/metrics')).text()
    const ms = performance.now() - start
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    const series = lines.map(
      line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))] as const,
    )
    return { series: new Map(series), ms, bytes: text.length }
  }

  get residentMiB(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peaks[Symbol.dispose]()
    this.#process.kill()
    await this.#process.exited
    await rm(this.#directory, { recursive: true })
  }
}
