import { execa } from 'execa'
import type { LocalPlace } from './local.ts'
import { killGroup } from './process-group.ts'
import type { Wire, WireEvents } from './wire.ts'

/** A line for /bin/sh whose standard input and output carry a connection: ProxyCommand. Its stderr is kept for the message. */
export function openProxyCommand(line: string, place: LocalPlace): Wire {
  return new ProxyCommandWire(line, place)
}

class ProxyCommandWire implements Wire {
  readonly #child: ReturnType<typeof start>
  #words = ''

  constructor(line: string, place: LocalPlace) {
    this.#child = start(line, place)
  }

  listen(events: WireEvents): void {
    const child = this.#child
    child.stdout.on('data', (bytes: Uint8Array) => events.data(bytes))
    child.stderr.on('data', (bytes: Uint8Array) => {
      if (this.#words.length < 1024) this.#words += Buffer.from(bytes).toString()
    })
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    child.nodeChildProcess.on('close', (code, signal) => {
      const how = signal === null ? `status ${code}` : `signal ${signal}`
      events.closed(new Error([`the ProxyCommand ended with ${how}`, this.#words.trim()].filter(Boolean).join(': ')))
    })
  }

  write(bytes: Uint8Array): void {
    this.#child.stdin.write(bytes)
  }

  end(): void {
    this.#child.stdin.end()
    killGroup(this.#child.pid, 'SIGTERM')
  }

  destroy(): void {
    killGroup(this.#child.pid, 'SIGKILL')
  }
}

function start(line: string, { env, cwd = removedDirectory() }: LocalPlace) {
  return execa('/bin/sh', ['-c', line], {
    env: Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined)),
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    stripFinalNewline: false,
    encoding: 'buffer',
  })
}

/** execa asks for the name of the working directory, and one that was removed has none: by this one Linux lets a child stay there. */
function removedDirectory(): string | undefined {
  try {
    process.cwd()
    return undefined
  } catch {
    return '/proc/self/cwd'
  }
}
