import { createHash } from 'node:crypto'
import type { Connector } from '../../src/lib/core/context.ts'
import type { Host } from '../../src/lib/core/host.ts'
import type { Command, Output, RunOptions, Transport } from '../../src/lib/core/transport.ts'

interface MemoryFile {
  readonly content: Uint8Array
  readonly sha256: string
}

/**
 * Hosts without a network: they answer at once, as the scripts of steps would. They know files only, and any other command succeeds.
 */
export class MemoryHosts implements Pick<Connector, 'connect'> {
  readonly #files = new Map<string, MemoryFile>()
  readonly #initial: MemoryFile

  /** Every file of every host has this content until it is written. */
  constructor(content: Uint8Array) {
    this.#initial = { content, sha256: createHash('sha256').update(content).digest('hex') }
  }

  async connect(host: Host): Promise<Transport> {
    return { host, run: (command: Command, options: RunOptions) => this.#run(host, command, options) } as Transport
  }

  async #run({ name }: Host, command: Command, { stdin }: RunOptions): Promise<Output> {
    const [path = '', , third = '', ...more] = 'argv' in command ? command.argv.slice(4) : []
    const key = `${name} ${path}`
    // Scripts of file-scripts.ts: with content replaceFile, whose third argument is the SHA-256; with four arguments lookAtFile.
    if (stdin instanceof Uint8Array) this.#files.set(key, { content: stdin, sha256: third })
    const stdout = more.length === 1 ? this.#look(key, { path, limit: third }) : mark
    return { code: 0, stdout, stderr: new Uint8Array(), durationMs: 0 }
  }

  #look(key: string, { path, limit }: { readonly path: string; readonly limit: string }): Uint8Array {
    const { content, sha256 } = this.#files.get(key) ?? this.#initial
    const meta = '644/0/0/root/root/1767268800/2026-01-01 12:00:00.000000000 +0000'
    const fields = [path, String(content.length), '0', 'file', meta, '', sha256].map(field => `${field}\0`)
    return Buffer.concat([mark, Buffer.from(fields.join('')), limit === '' ? new Uint8Array() : content])
  }
}

const mark = Buffer.from('\0opsctl\0')
