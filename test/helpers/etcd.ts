import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { findProgram } from './needs.ts'
import { poll } from './poll.ts'

/** A real etcd of one member on 127.0.0.1. Ask `needs('etcd')` first. */
export class Etcd implements AsyncDisposable {
  readonly endpoint: string
  readonly #directory: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined

  private constructor(parts: { readonly endpoint: string; readonly directory: string; readonly args: readonly string[] }) {
    this.endpoint = parts.endpoint
    this.#directory = parts.directory
    this.#args = parts.args
  }

  /** `tls`: paths of the server's certificate and key. */
  static async start({ tls }: { readonly tls?: { readonly cert: string; readonly key: string } } = {}): Promise<Etcd> {
    const directory = await mkdtemp(join(tmpdir(), 'opsctl-etcd-'))
    const [port, peerPort] = [await freePort(), await freePort()]
    const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
    const peer = `http://127.0.0.1:${peerPort}`
    const args = [
      ...['--name', 'one', '--data-dir', join(directory, 'data'), '--log-level', 'error', '--logger', 'zap'],
      ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `one=${peer}`],
      ...(tls ? ['--cert-file', tls.cert, '--key-file', tls.key] : []),
    ]
    const etcd = new Etcd({ endpoint, directory, args })
    await etcd.boot()
    return etcd
  }

  /** Starts it, again after `kill`, on the data that it has. */
  async boot(): Promise<void> {
    // It ends with the test process, however that ends.
    const script = '"$@" & child=$!; (cat >/dev/null; kill -9 $child) <&3 & wait $child'
    const child = spawn(
      'sh',
      ['-c', `exec 3<&0; ${script}`, 'sh', 'sh', '-c', 'echo $$; exec "$@"', 'sh', findProgram('etcd') ?? 'etcd', ...this.#args],
      {
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    )
    const [line] = await once(child.stdout, 'data')
    this.#pid = Number(String(line).trim())
    this.#child = child
    // The answer to the first write says that there is a leader.
    await poll('etcd answers', 30_000, async () =>
      this.#post('put', { key: btoa('\xff'), value: '' }).then(
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
  }

  /** While it is killed: it boots as one that never held anything. */
  async forget(): Promise<void> {
    await rm(join(this.#directory, 'data'), { recursive: true, force: true })
  }

  pause(): void {
    process.kill(this.#pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.#pid, 'SIGCONT')
  }

  /** The revision that it made. */
  async put(key: string, value: string): Promise<bigint> {
    return revisionOf(await this.#post('put', { key: btoa(key), value: Buffer.from(value).toString('base64') }))
  }

  async remove(key: string): Promise<bigint> {
    return revisionOf(await this.#post('deleterange', { key: btoa(key) }))
  }

  async compact(revision: bigint): Promise<void> {
    await this.#post('compaction', { revision: String(revision), physical: true })
  }

  /** Anything else of the gateway, such as `auth/enable`. */
  async call(path: string, body: object): Promise<void> {
    const answer = await fetch(`${this.endpoint}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`etcd: ${path}: ${await answer.text()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #post(what: string, body: object): Promise<{ readonly header: { readonly revision: string } }> {
    const answer = await fetch(`${this.endpoint}/v3/kv/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5000),
    })
    if (!answer.ok) throw new Error(`etcd: ${what}: ${await answer.text()}`)
    return (await answer.json()) as { header: { revision: string } }
  }
}

const revisionOf = ({ header }: { readonly header: { readonly revision: string } }): bigint => BigInt(header.revision)
