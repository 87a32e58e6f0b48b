import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { Http1Connection } from '../../src/lib/net/http1/connection.ts'
import { fieldWords } from '../../src/lib/net/http1/field.ts'
import { writtenRequest } from '../../src/lib/net/http1/request-head.ts'
import { Progress } from '../../src/lib/net/progress.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { findProgram } from '../../test/helpers/needs.ts'
import { poll } from '../../test/helpers/poll.ts'
import { tcpTo } from '../../test/helpers/tls-server.ts'
import type { EngineRun } from './probe-engine.ts'
import { type ProbeServers, serverName } from './probe-servers.ts'

export const blackboxProgram = findProgram('prometheus-blackbox-exporter')

const limits = { hold: 262_144, read: 262_144 }

/** Debian's blackbox_exporter, asked as Prometheus asks it: over kept connections, and for answers in gzip. */
export class Blackbox implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
  }

  static async start({ directory, authority }: ProbeServers): Promise<Blackbox> {
    const [config, port] = [join(directory, 'blackbox.yml'), await freePort()]
    const tls = { tls_config: { ca_file: authority, server_name: serverName } }
    const module = (http: object) => ({ prober: 'http', timeout: '10s', http: { preferred_ip_protocol: 'ip4', ...http } })
    // What is JSON is YAML.
    await writeFile(config, JSON.stringify({ modules: { http: module({}), https: module(tls) } }))
    const args = [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error']
    const child = spawn(blackboxProgram ?? '', args, { stdio: 'ignore' })
    await poll('blackbox_exporter listens', 20_000, () =>
      tcpTo(port).then(
        socket => {
          socket.destroy()
          return true
        },
        () => false,
      ),
    )
    return new Blackbox(child, port)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Probes every URL so many times; the times are those that whoever asks has to wait. */
  async run(urls: readonly string[], { rounds, concurrency }: { readonly rounds: number; readonly concurrency: number }) {
    const times: number[] = []
    const failures = new Set<string>()
    const waiting = Array.from({ length: rounds }, () => urls).flat()
    const start = performance.now()
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        const connection = new Http1Connection(await this.#connect(), systemClock)
        for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
          const began = performance.now()
          const answer = await ask(connection, url)
          times.push(performance.now() - began)
          if (!succeeded(answer)) failures.add(`blackbox_exporter says that ${url} is down`)
        }
        connection.close()
      }),
    )
    const wallS = (performance.now() - start) / 1000
    return { wallS, times, failures: [...failures] } satisfies Omit<EngineRun, 'cpuS'>
  }

  async #connect(): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}

async function ask(connection: Http1Connection, url: string): Promise<string> {
  const module = url.startsWith('https:') ? 'https' : 'http'
  const target = `/probe?module=${module}&target=${encodeURIComponent(url)}`
  const headers = [['host', 'localhost'] as const, ['accept-encoding', 'gzip'] as const]
  const options = { signal: new AbortController().signal, progress: new Progress(), limits }
  const answer = await connection.exchange(writtenRequest({ method: 'GET', target, headers }), options)
  const isPacked = fieldWords(answer.headers, 'content-encoding').includes('gzip')
  return (isPacked ? gunzipSync(answer.body) : answer.body).toString()
}

/** Of an answer of /probe. */
export const succeeded = (metrics: string): boolean => /^probe_success 1$/m.test(metrics)
