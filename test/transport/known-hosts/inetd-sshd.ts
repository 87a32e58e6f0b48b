import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Wire, WireEvents } from '../../../src/lib/transport/wire.ts'
import { findProgram } from '../../helpers/needs.ts'

/** What the real ssh thinks of a host key. */
export interface SshOpinion {
  readonly status: 'known' | 'unknown' | 'changed' | 'revoked' | 'refused'
  /** Negotiated. */
  readonly algorithm: string
  readonly stderr: string
}

/** A real sshd that talks through its standard streams: for ssh a ProxyCommand, so that a host may have any name and port, without a network. */
export class InetdSshd {
  readonly #directory: string
  readonly #config: string

  private constructor(directory: string, config: string) {
    this.#directory = directory
    this.#config = config
  }

  /** With these lines (HostKey, HostCertificate) in its configuration. */
  static async configure(directory: string, name: string, lines: readonly string[]): Promise<InetdSshd> {
    await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
    await chmod(directory, 0o700)
    const config = join(directory, `${name}.sshd`)
    await writeFile(config, `${[...lines, 'UsePAM no', 'StrictModes no', 'PidFile none', 'LogLevel QUIET'].join('\n')}\n`)
    return new InetdSshd(directory, config)
  }

  get #argv(): string[] {
    return [findProgram('sshd') ?? 'sshd', '-i', '-f', this.#config]
  }

  /** Connects with the real ssh as far as authentication, which fails. */
  async ask(host: string, options: readonly string[]): Promise<SshOpinion> {
    const common = [
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      'PreferredAuthentications=none',
      `ProxyCommand=${this.#argv.join(' ')}`,
      'UpdateHostKeys=no',
    ]
    const flags = [...options, ...common].flatMap(option => ['-o', option])
    const child = Bun.spawn(['ssh', '-v', '-F', 'none', ...flags, host, 'true'], {
      cwd: this.#directory,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const stderr = await new Response(child.stderr).text()
    await child.exited
    const algorithm = /kex: host key algorithm: (\S+)/.exec(stderr)?.[1] ?? ''
    return { status: statusOf(stderr), algorithm, stderr }
  }

  /** The same sshd as a wire for opsctl. */
  wire(): Wire {
    const child = Bun.spawn(this.#argv, { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' })
    async function pump(events: WireEvents): Promise<void> {
      for await (const bytes of child.stdout) events.data(bytes)
      events.closed()
    }
    return {
      listen: events => void pump(events),
      write: bytes => {
        child.stdin.write(bytes)
        child.stdin.flush()
      },
      end: () => void child.stdin.end(),
      destroy: () => child.kill(),
    }
  }
}

function statusOf(stderr: string): SshOpinion['status'] {
  if (/REVOKED HOST KEY DETECTED|revoked by file/.test(stderr)) return 'revoked'
  if (stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) return 'changed'
  if (/No \S+ host key is known/.test(stderr)) return 'unknown'
  return /Host key verification failed/.test(stderr) ? 'refused' : /Permission denied/.test(stderr) ? 'known' : 'refused'
}
