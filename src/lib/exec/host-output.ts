import { join } from 'node:path'
import type { Item } from '../core/item.ts'
import type { OutputWriter } from '../core/output-store.ts'
import type { Chunk } from '../core/transport.ts'
import { LinePrefixer } from './line-prefixer.ts'
import { outputFileName } from './output-file-name.ts'
import type { HostRun } from './run-on-host.ts'
import { terminalLine } from './terminal-line.ts'

type Stream = Chunk['stream']

/** Where the output of one host goes: to the terminal line by line, and by reference to the report or a file. */
export class HostOutput implements AsyncDisposable {
  readonly #run: HostRun
  readonly #writers = new Map<Stream, OutputWriter>()
  readonly #prefixers = new Map<Stream, LinePrefixer>()
  #closed: Pick<Item, 'output'> | undefined

  constructor(run: HostRun) {
    this.#run = run
  }

  /** Takes a piece as it arrives; the promise holds the host back while the terminal or a disk is slower. */
  write({ stream, bytes }: Chunk): void | Promise<void> {
    const stored = this.#writer(stream).write(bytes)
    const shown = this.#show(stream, bytes)
    if (stored && shown) return Promise.all([stored, shown]).then(() => {})
    return stored ?? shown
  }

  /** Flushes the last lines and gives the references for the Item. */
  async close(): Promise<Pick<Item, 'output'>> {
    if (this.#closed) return this.#closed
    for (const [stream, prefixer] of this.#prefixers) {
      const rest = prefixer.end()
      if (rest.length > 0) await this.#run.context.live.write(stream, rest)
    }
    const stdout = await this.#writers.get('stdout')?.close()
    const stderr = await this.#writers.get('stderr')?.close()
    this.#closed = stdout || stderr ? { output: { ...(stdout && { stdout }), ...(stderr && { stderr }) } } : {}
    return this.#closed
  }

  /** For runs that end early: what close() has to tell, it told its caller. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {})
  }

  #writer(stream: Stream): OutputWriter {
    let writer = this.#writers.get(stream)
    if (writer === undefined) {
      const { context, request, visit } = this.#run
      const keep = request.outputDir && join(request.outputDir, outputFileName(visit.host.name, stream))
      writer = context.outputs.open(`${visit.host.name}/${stream}`, keep ? { keep } : { discard: !request.store })
      this.#writers.set(stream, writer)
    }
    return writer
  }

  #show(stream: Stream, bytes: Uint8Array): Promise<void> | undefined {
    const { context, request, visit, nameWidth } = this.#run
    if (!context.live.active) return undefined
    if (request.view === 'plain') return context.live.write(stream, bytes)
    if (request.view !== 'prefix') return undefined
    let prefixer = this.#prefixers.get(stream)
    if (prefixer === undefined) {
      const { style, isTerminal } = context.io[stream]
      const prefix = style.name(`${visit.host.name}: `.padEnd(nameWidth + 2))
      prefixer = new LinePrefixer(prefix, isTerminal ? { shown: terminalLine } : {})
      this.#prefixers.set(stream, prefixer)
    }
    const lines = prefixer.push(bytes)
    return lines.length > 0 ? context.live.write(stream, lines) : undefined
  }
}
