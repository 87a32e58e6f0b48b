import { mkdir, rename, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import type { CheckView } from '../../../src/lib/patrol/view.ts'
import { freePort } from '../../helpers/free-port.ts'
import { type OpsctlRun, startOpsctl } from '../../helpers/opsctl.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'

export const timeoutMs = 180_000
const token = 'ZHJvcC1maWxlcy1pbi10aGUtc2hvcA'

/** What the API says. */
export interface Said {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever it answers is compared
  readonly body: any
}

interface Probe {
  readonly name: string
  readonly state: string
  readonly source: string
  readonly version?: string
  readonly problem?: string
}

/** `opsctl probe serve` with files of its own in `checks.d`, asked by its API. */
export class Served implements AsyncDisposable {
  readonly #dir: TempDir
  readonly #listen: number
  #run: OpsctlRun | undefined
  /** Further words of the command line. */
  args: readonly string[] = []

  private constructor(dir: TempDir, listen: number) {
    this.#dir = dir
    this.#listen = listen
  }

  /** With these files below `checks.d`; nothing runs yet. */
  static async prepare(files: Readonly<Record<string, string>> = {}): Promise<Served> {
    const dir = await tempDir()
    await mkdir(join(dir.path, 'checks.d'))
    await writeFile(join(dir.path, 'token'), `${token}\n`, { mode: 0o600 })
    const served = new Served(dir, await freePort())
    for (const [name, text] of Object.entries(files)) await served.write(`checks.d/${name}`, text)
    return served
  }

  path(name: string): string {
    return join(this.#dir.path, name)
  }

  /** As whoever takes care does it: nobody ever sees half of it. */
  async write(name: string, text: string): Promise<void> {
    const path = this.path(name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.tmp`, text)
    await rename(`${path}.tmp`, path)
  }

  get run(): OpsctlRun {
    if (this.#run === undefined) throw new Error('it does not run')
    return this.#run
  }

  get log(): string {
    return this.run.stderr()
  }

  async start(...args: readonly string[]): Promise<void> {
    const words = ['probe', 'serve', '--token-file', 'token', '--listen', `127.0.0.1:${this.#listen}`, '-v']
    const files = args.includes('-f') ? [] : ['-f', 'checks.d']
    this.#run = await startOpsctl([...words, ...files, ...this.args, ...args], {
      cwd: this.#dir.path,
      home: this.#dir.path,
      deadlineMs: timeoutMs * 3,
    })
    await poll('it answers', 60_000, () => {
      if (this.run.child.exitCode !== null) throw new Error(`it ended: ${this.log}`)
      return /answering at/.test(this.log)
    })
  }

  /** As the power does it. */
  async kill(): Promise<void> {
    this.run.kill('SIGKILL')
    await this.run.ended.catch(() => undefined)
    this.#run = undefined
  }

  /** Its exit code. */
  async stop(): Promise<number | null> {
    this.run.kill('SIGTERM')
    const { code } = await this.run.ended
    this.#run = undefined
    return code
  }

  async ask(method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    const answer = await fetch(`http://127.0.0.1:${this.#listen}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body !== undefined && { body }),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text,
    }
  }

  put(name: string, definition: string | object, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    const text = typeof definition === 'string' ? definition : JSON.stringify(definition)
    return this.ask('PUT', `/api/v1/probes/${encodeURIComponent(name)}`, text, headers)
  }

  post(name: string, what: 'enable' | 'disable'): Promise<Said> {
    return this.ask('POST', `/api/v1/probes/${encodeURIComponent(name)}/${what}`)
  }

  delete(name: string, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    return this.ask('DELETE', `/api/v1/probes/${encodeURIComponent(name)}`, undefined, headers)
  }

  reload(): Promise<Said> {
    return this.ask('POST', '/api/v1/reload')
  }

  async probes(): Promise<readonly Probe[]> {
    const { body } = await this.ask('GET', '/api/v1/probes')
    return body.probes
  }

  /** By name; what is not there is unregistered. */
  async states(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.probes()).map(({ name, state }) => [name, state]))
  }

  async until(what: string, states: Readonly<Record<string, string>>): Promise<void> {
    let last: Record<string, string> = {}
    await poll(what, 60_000, async () => {
      last = await this.states()
      return Bun.deepEquals(last, states)
    }).catch(error => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}\n${this.log}`)
    })
  }

  /** A sample of /metrics; undefined where there is none. */
  async metric(series: string): Promise<number | undefined> {
    const { body } = await this.ask('GET', '/metrics')
    const line = String(body)
      .split('\n')
      .find(each => each.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }

  /** Of each check that was looked at its level and since when, and of those in one the incident. */
  async standings(): Promise<ReadonlyMap<string, readonly [string, number, string | undefined]>> {
    const { body } = await this.ask('GET', '/api/v1/checks')
    return new Map(body.checks.map((check: CheckView) => [check.name, [check.status, check.since, check.incident?.id]] as const))
  }

  /** Ids of the incidents that are open, by check. */
  async incidents(): Promise<ReadonlyMap<string, string>> {
    return new Map([...(await this.standings())].flatMap(([name, [, , id]]) => (id === undefined ? [] : [[name, id] as const])))
  }

  /** Starts of a class, and those of them that were at most 250 ms late. */
  async lag(sla: string): Promise<{ readonly count: number; readonly within250: number }> {
    const { body } = await this.ask('GET', '/metrics')
    const of = (le: string): number =>
      Number(new RegExp(`^opsctl_patrol_lag_seconds_bucket\\{sla="${sla}",le="${le}"\\} (\\d+)`, 'm').exec(body)?.[1])
    return { count: of('\\+Inf'), within250: of('0\\.25') }
  }

  async says(pattern: RegExp): Promise<void> {
    await poll(`the log has ${pattern}`, 60_000, () => pattern.test(this.log)).catch(error => {
      throw new Error(`${error.message}\n${this.log}`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#run) await this.kill()
    await this.#dir[Symbol.asyncDispose]()
  }
}

/** A port that accepts and counts. */
export class Door implements AsyncDisposable {
  readonly #server: Server
  opened = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<Door> {
    const server = createServer(socket => {
      door.opened++
      socket.on('error', () => {}).end()
    })
    const door = new Door(server)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return door
  }

  get endpoint(): string {
    const address = this.#server.address()
    return `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise(resolve => this.#server.close(resolve))
  }
}
