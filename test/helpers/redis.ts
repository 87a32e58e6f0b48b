import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { freePort } from './free-port.ts'
import { findProgram } from './needs.ts'
import { poll } from './poll.ts'

/** A real Redis on 127.0.0.1, which keeps every write. Ask `needs('redis')` first. */
export class Redis implements AsyncDisposable {
  readonly port: number
  readonly #directory: string
  readonly #password: string | undefined
  #child: ChildProcess | undefined

  private constructor(parts: { readonly port: number; readonly directory: string; readonly password: string | undefined }) {
    this.port = parts.port
    this.#directory = parts.directory
    this.#password = parts.password
  }

  static async start({ password }: { readonly password?: string } = {}): Promise<Redis> {
    const redis = await Redis.prepare({ ...(password !== undefined && { password }) })
    await redis.boot()
    return redis
  }

  /** One that does not run yet. */
  static async prepare({ password }: { readonly password?: string } = {}): Promise<Redis> {
    return new Redis({ port: await freePort(), directory: await mkdtemp(join(tmpdir(), 'opsctl-redis-')), password })
  }

  /** Of a stream, as --registry takes it. */
  url(stream: string): string {
    return `redis://127.0.0.1:${this.port}/${stream}`
  }

  /** Starts it, again after `kill`, on the data that it has. */
  async boot(): Promise<void> {
    const args = [
      ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always'],
      ...(this.#password === undefined ? [] : ['--requirepass', this.#password]),
    ]
    // It ends with the test process, however that ends.
    const script = '"$@" >/dev/null & child=$!; echo $child; (cat >/dev/null; kill -9 $child) <&3 & wait $child'
    const child = spawn('sh', ['-c', `exec 3<&0; ${script}`, 'sh', findProgram('redis-server') ?? 'redis-server', ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const [line] = await once(child.stdout, 'data')
    this.#pid = Number(String(line).trim())
    this.#child = child
    await poll('redis answers', 30_000, async () =>
      this.send('PING').then(
        () => true,
        () => false,
      ),
    )
  }

  #pid = 0

  async kill(): Promise<void> {
    const gone = this.#child && once(this.#child, 'exit')
    process.kill(this.#pid, 'SIGKILL')
    await gone
    this.#child = undefined
  }

  /** While it is killed: it boots as one that never held anything. */
  async forget(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
    await import('node:fs/promises').then(({ mkdir }) => mkdir(this.#directory))
  }

  pause(): void {
    process.kill(this.#pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.#pid, 'SIGCONT')
  }

  async send(...words: readonly string[]): Promise<unknown> {
    const client = createClient({
      socket: { host: '127.0.0.1', port: this.port, reconnectStrategy: false, connectTimeout: 5000 },
      RESP: 2,
      ...(this.#password !== undefined && { password: this.#password }),
    })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.sendCommand([...words])
    } finally {
      client.destroy()
    }
  }

  /** Adds an entry to a stream; its id. */
  async add(stream: string, fields: Readonly<Record<string, string>>): Promise<string> {
    return String(await this.send('XADD', stream, '*', ...Object.entries(fields).flat()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child) await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
