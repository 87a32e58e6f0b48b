import type { OutputTarget } from '../config/output-targets.ts'
import type { RenderEnv, Renderer } from '../core/component.ts'
import type { Live, Settings } from '../core/context.ts'
import { OpsError, toOpsError } from '../core/errors.ts'
import type { Io, Progress } from '../core/io.ts'
import type { Item } from '../core/item.ts'
import type { OutputStore } from '../core/output-store.ts'
import { type ByteStream, type Document, isDocument, isReport, type Report, type Result } from '../core/report.ts'
import { plainStyle } from '../io/plain-style.ts'
import type { Components } from './components.ts'
import { outputReader } from './output-reader.ts'

interface DeliveryOptions {
  readonly io: Io
  readonly settings: Settings
  readonly outputs: OutputStore
  readonly components: Components
  readonly progress: Progress
}

interface Destination {
  readonly target: OutputTarget
  readonly renderer: Renderer
}

/**
 * Everything that goes to stdout and to output files. A failure to write is kept until the end, so that a run that changes hosts
 * finishes and still tells by its exit code that its result was lost.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #destinations: readonly Destination[]
  readonly #env: RenderEnv
  #broken: OpsError | undefined

  private constructor(options: DeliveryOptions, destinations: readonly Destination[], env: RenderEnv) {
    this.#options = options
    this.#destinations = destinations
    this.#env = env
  }

  /** Loads the renderers and looks at the files first, so that a wrong one is told before anything runs. @throws OpsError E_USAGE, E_OUTPUT */
  static async open(options: DeliveryOptions): Promise<Delivery> {
    const { io, settings, outputs, components } = options
    const destinations = await Promise.all(
      settings.outputs.map(async target => ({ target, renderer: (await components.get('renderer', target.format)).build({}) })),
    )
    await checkFiles(settings.outputs)
    const env: RenderEnv = {
      width: io.stdout.isTerminal ? io.stdout.columns : 0,
      style: io.stdout.style,
      verbosity: settings.verbosity,
      readOutput: outputReader(outputs),
    }
    return new Delivery(options, destinations, env)
  }

  /** Output for a person while it happens: only where people read the result, and never in the middle of a progress line. */
  get live(): Live {
    const { io, progress } = this.#options
    return {
      active: this.#destinations.some(({ target }) => target.format === 'human' && target.file === undefined),
      terminal: io.stdout.isTerminal,
      write: async (stream, bytes) => {
        const write = (): Promise<void> =>
          stream === 'stdout' ? this.#guarded(() => io.stdout.write(bytes)) : unheard(io.stderr.write(bytes))
        await progress.around(write, bytes.at(-1) === newline)
      },
    }
  }

  /** An item as it happens, for streaming formats on stdout. */
  async emit(item: Item): Promise<void> {
    for (const { target, renderer } of this.#destinations) {
      if (target.file !== undefined || !renderer.item) continue
      const text = await renderer.item(item, machineEnv(this.#env, renderer))
      await this.#options.progress.around(() => this.#guarded(() => this.#options.io.stdout.write(text)))
    }
  }

  /** @throws OpsError E_OUTPUT for the first thing that could not be written */
  async finish(result: Result): Promise<void> {
    if (isReport(result)) await this.#finishReport(result)
    else if (isDocument(result)) await this.#finishDocument(result)
    else await this.#finishStream(result)
    if (this.#broken) throw isReport(result) && result.changed ? withWhereToLook(this.#broken, result) : this.#broken
  }

  async #finishStream({ bytes, report }: ByteStream): Promise<void> {
    for await (const piece of bytes) {
      await this.#guarded(() => this.#options.io.stdout.write(piece))
      // Nobody gets what else there is to read.
      if (this.#broken) break
    }
    const files = this.#destinations.filter(({ target }) => target.file !== undefined)
    for (const { target, renderer } of files) if (report) await this.#deliver(target, this.#rendered(report(), target, renderer))
  }

  async #finishReport(report: Report): Promise<void> {
    for (const { target, renderer } of this.#destinations) await this.#deliver(target, this.#rendered(report, target, renderer))
    const { renderer } = this.#destinations.find(({ target }) => target.file === undefined) ?? {}
    if (renderer?.summary === undefined) return
    const { stderr } = this.#options.io
    await unheard(stderr.write(renderer.summary(report, { ...(await this.#envFor(report)), style: stderr.style })))
  }

  async *#rendered(report: Report, target: OutputTarget, renderer: Renderer): AsyncIterable<string> {
    const full = await this.#envFor(report)
    const env = target.file === undefined ? full : machineEnv(full, renderer)
    // On stdout the items have been streamed as they happened; a file gets all of them now.
    if (target.file !== undefined && renderer.item) for (const item of report.items) yield renderer.item(item, env)
    yield* renderer.render(report, env)
  }

  async #finishDocument(document: Document): Promise<void> {
    const { report } = document
    for (const { target, renderer } of this.#destinations) {
      const asItems = report !== undefined && !textFormats.includes(target.format)
      await this.#deliver(
        target,
        asItems ? this.#rendered(report, target, renderer) : [await documentText(document, target.format)],
      )
    }
  }

  async #deliver({ file }: OutputTarget, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
    if (file === undefined) {
      for await (const piece of pieces) await this.#guarded(() => this.#options.io.stdout.write(piece))
      return
    }
    const { writeFileAtomic } = await import('../run/atomic-write.ts')
    await this.#guarded(() => writeFileAtomic(file, encoded(pieces), { mode: 0o644 }))
  }

  /** Nothing is to be folded where there is one name, and most starts have one. */
  async #envFor({ items, omitted, blocks }: Report): Promise<RenderEnv> {
    if (items.length + omitted <= 1 && blocks === undefined) return this.#env
    return { ...this.#env, foldHosts: (await import('../inventory/node-set.ts')).foldNodeSet }
  }

  async #guarded(write: () => Promise<void>): Promise<void> {
    if (this.#broken) return
    try {
      await write()
    } catch (error) {
      this.#broken = toOpsError(error)
    }
  }
}

const machineEnv = (env: RenderEnv, { machine }: Renderer): RenderEnv =>
  machine ? { ...env, style: plainStyle } : { ...env, style: plainStyle, width: 0 }

const newline = 10

/** stderr that was closed or is full says nothing about the result on stdout. */
const unheard = (writing: Promise<void>): Promise<void> => writing.catch(() => undefined)

async function checkFiles(targets: readonly OutputTarget[]): Promise<void> {
  const files = targets.flatMap(({ file }) => (file === undefined ? [] : [file]))
  if (files.length === 0) return
  const { checkWritable } = await import('../run/atomic-write.ts')
  await Promise.all(files.map(checkWritable))
}

async function* encoded(pieces: AsyncIterable<string> | Iterable<string>): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const piece of pieces) yield encoder.encode(piece)
}

/** In which every text can be had. */
const textFormats = ['human', 'table', 'json', 'ndjson', 'yaml']

/** @throws OpsError E_USAGE for formats that only a report has */
async function documentText({ text, data }: Document, format: string): Promise<string> {
  switch (format) {
    case 'human':
    case 'table':
      return text
    case 'json':
      return `${JSON.stringify(data, null, 2)}\n`
    case 'ndjson':
      return `${JSON.stringify(data)}\n`
    case 'yaml':
      return `${(await import('../render/yaml-text.ts')).yamlText(data)}\n`
    default:
      throw new OpsError('E_USAGE', `-o ${format} shows items, and this result is a text`, {
        hint: 'it can be had as human, json and yaml',
      })
  }
}

/** Hosts were changed, and what came of it was not told: whoever reads the error must find it. */
const withWhereToLook = (error: OpsError, { runId }: Report): OpsError =>
  new OpsError(error.code, error.message, {
    cause: error,
    hint: `the hosts were changed: opsctl runs show ${runId} tells what came of it`,
  })
