import { jetstreamManager } from '@nats-io/jetstream'
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node'
import { freePort } from './free-port.ts'
import { findProgram } from './needs.ts'
import { poll } from './poll.ts'
import { type TempDir, tempDir } from './temp-dir.ts'

/** A real nats-server with JetStream on 127.0.0.1. Ask `needs('nats-server')` first. */
export class Nats implements AsyncDisposable {
  readonly server: string
  readonly #dir: TempDir
  readonly #options: readonly string[]
  readonly #client: ConnectionOptions
  #child: Bun.Subprocess<'pipe'> | undefined

  private constructor(parts: {
    readonly port: number
    readonly dir: TempDir
    readonly options: readonly string[]
    readonly client: ConnectionOptions
  }) {
    this.server = `127.0.0.1:${parts.port}`
    this.#dir = parts.dir
    this.#client = parts.client
    this.#options = ['-a', '127.0.0.1', '-p', String(parts.port), '-js', '-sd', parts.dir.path, ...parts.options]
  }

  static start(...options: readonly string[]): Promise<Nats> {
    return Nats.startFor({}, options)
  }

  /** One that lets in whoever connects like this. */
  static async startFor(client: ConnectionOptions, options: readonly string[]): Promise<Nats> {
    const nats = new Nats({ port: await freePort(), dir: await tempDir(), options, client })
    await nats.boot()
    return nats
  }

  /** Starts it, again after `kill`, on the data that it has. */
  async boot(): Promise<void> {
    // It ends with the test process, however that ends.
    const script = 'exec 3<&0; "$@" & child=$!; (cat >/dev/null; kill -9 $child) <&3 & wait $child'
    this.#child = Bun.spawn(['sh', '-c', script, 'sh', findProgram('nats-server') ?? 'nats-server', ...this.#options], {
      stdin: 'pipe',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    const { port } = new URL(`nats://${this.server}`)
    await poll('nats-server answers', 30_000, () =>
      fetch(`http://127.0.0.1:${port}`).then(
        () => true,
        error => !String(error).includes('refused') && !String(error).includes('Unable to connect'),
      ),
    )
  }

  async kill(): Promise<void> {
    await this.#child?.stdin.end()
    await this.#child?.exited
    this.#child = undefined
  }

  async addStream(name: string, limits: { readonly max_msg_size?: number } = {}): Promise<void> {
    const connection = await this.#connect()
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name, subjects: [`${name}.>`], ...limits })
    await connection.close()
  }

  /** How many messages are in a stream. */
  async count(name: string): Promise<number> {
    const connection = await this.#connect()
    const { state } = await (await jetstreamManager(connection)).streams.info(name)
    await connection.close()
    return state.messages
  }

  /** What is in a stream: subject and text of each message. */
  async messages(name: string): Promise<readonly (readonly [string, string])[]> {
    return (await this.payloads(name)).map(([subject, payload]) => [subject, Buffer.from(payload).toString()] as const)
  }

  async payloads(name: string): Promise<readonly (readonly [string, Uint8Array])[]> {
    const connection = await this.#connect()
    const manager = await jetstreamManager(connection)
    const { state } = await manager.streams.info(name)
    const found: (readonly [string, Uint8Array])[] = []
    for (let seq = 1; seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage(name, { seq })
      if (message) found.push([message.subject, message.data])
    }
    await connection.close()
    return found
  }

  #connect(): Promise<NatsConnection> {
    return connect({ servers: this.server, reconnect: false, ...this.#client })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.#dir[Symbol.asyncDispose]()
  }
}
