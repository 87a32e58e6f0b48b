import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Issued } from './certificates.ts'
import { freePort } from './free-port.ts'
import { findProgram } from './needs.ts'
import { poll } from './poll.ts'
import { type TempDir, tempDir } from './temp-dir.ts'
import { tcpTo } from './tls-server.ts'

interface RsyslogTls extends Issued {
  readonly ca: string
  /** The common name that clients of RELP must have. */
  readonly client: string
}

/**
 * A real rsyslogd of its own on 127.0.0.1, which takes UDP, TCP and RELP and writes what it got to a file before it acknowledges. With TLS,
 * TCP and RELP have it. Ask `needs('rsyslogd', 'rsyslog-relp')` first, and 'rsyslog-gnutls' for TLS.
 */
export class Rsyslog implements AsyncDisposable {
  readonly ports: { readonly udp: number; readonly tcp: number; readonly relp: number }
  readonly #dir: TempDir
  readonly #tls: RsyslogTls | undefined
  #child: Bun.Subprocess<'pipe'> | undefined

  private constructor(parts: { readonly ports: Rsyslog['ports']; readonly dir: TempDir; readonly tls: RsyslogTls | undefined }) {
    this.ports = parts.ports
    this.#dir = parts.dir
    this.#tls = parts.tls
  }

  static async start(tls?: RsyslogTls): Promise<Rsyslog> {
    const ports = { udp: await freePort(), tcp: await freePort(), relp: await freePort() }
    const rsyslog = new Rsyslog({ ports, dir: await tempDir(), tls })
    await writeFile(join(rsyslog.#dir.path, 'rsyslog.conf'), rsyslog.#config())
    await rsyslog.boot()
    return rsyslog
  }

  /** Starts it, again after `stop`. */
  async boot(): Promise<void> {
    // It ends with the test process, however that ends.
    const script = 'exec 3<&0; "$@" & child=$!; (cat >/dev/null; kill -9 $child) <&3 & wait $child'
    const argv = [findProgram('rsyslogd') ?? 'rsyslogd', '-n', '-f', join(this.#dir.path, 'rsyslog.conf')]
    const options = ['-i', join(this.#dir.path, 'pid')]
    this.#child = Bun.spawn(['sh', '-c', script, 'sh', ...argv, ...options], {
      stdin: 'pipe',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    const { tcp, relp } = this.ports
    for (const port of [tcp, relp]) {
      await poll('rsyslogd listens', 30_000, () =>
        tcpTo(port).then(
          socket => {
            socket.destroy()
            return true
          },
          () => false,
        ),
      )
    }
  }

  /** Ends it as a user would, or with `SIGKILL`. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child) return
    if (signal === 'SIGTERM') process.kill(Number(readFileSync(join(this.#dir.path, 'pid'), 'utf8')), signal)
    else await child.stdin.end()
    await child.exited
    await child.stdin.end()
    this.#child = undefined
  }

  /** The messages as they came, with the host and the time as rsyslog understood them. */
  messages(): readonly string[] {
    const file = join(this.#dir.path, 'out')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
    await this.#dir[Symbol.asyncDispose]()
  }

  #config(): string {
    const { udp, tcp, relp } = this.ports
    const tls = this.#tls
    const names = [
      'hostname',
      'syslogfacility-text',
      'syslogseverity-text',
      'app-name',
      'procid',
      'msgid',
      'structured-data',
      'msg',
    ]
    const properties = ['timereported" dateFormat="rfc3339', ...names].map(name => `property(name="${name}")`)
    const driver = tls ? ' StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"' : ''
    const relpTls = tls
      ? ` tls="on" tls.caCert="${tls.ca}" tls.myCert="${tls.cert}" tls.myPrivKey="${tls.key}" tls.authMode="name" tls.permittedPeer=["${tls.client}"]`
      : ''
    const certificates = tls
      ? ` DefaultNetstreamDriverCAFile="${tls.ca}" DefaultNetstreamDriverCertFile="${tls.cert}" DefaultNetstreamDriverKeyFile="${tls.key}"`
      : ''
    return [
      `global(workDirectory="${this.#dir.path}"${certificates})`,
      'main_queue(queue.type="Direct")',
      'module(load="imudp")',
      `module(load="imtcp"${driver})`,
      'module(load="imrelp")',
      `template(name="all" type="list") { ${properties.join(' constant(value=" ") ')} constant(value="\\n") }`,
      `input(type="imudp" address="127.0.0.1" port="${udp}")`,
      `input(type="imtcp" address="127.0.0.1" port="${tcp}")`,
      `input(type="imrelp" address="127.0.0.1" port="${relp}"${relpTls})`,
      `action(type="omfile" file="${join(this.#dir.path, 'out')}" template="all" asyncWriting="off" flushOnTXEnd="on")`,
      '',
    ].join('\n')
  }
}
