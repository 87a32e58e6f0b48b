import type { Clock } from '../core/clock.ts'
import type { InputPort, Io } from '../core/io.ts'
import { Descriptor } from './descriptor.ts'
import { fileSystem } from './file-system.ts'
import { plainStyle } from './plain-style.ts'
import { isTerminalAt, kindOfStream, wasClosed } from './process-stream.ts'
import { type ColorSituation, wantsColor } from './wants-color.ts'

export interface SystemIoOptions {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly color: ColorSituation['flag']
  /** For one short text: without the threads that let a run go on while a slow reader takes its time. */
  readonly direct?: boolean
}

/** The three streams of this process. chalk is loaded only where a stream shows colour. */
export async function systemIo(options: SystemIoOptions): Promise<Io> {
  return { stdin: standardInput(), stdout: await output(1, options), stderr: await output(2, options) }
}

async function output(fd: 1 | 2, { clock, env, color, direct = false }: SystemIoOptions): Promise<Descriptor> {
  const kind = kindOfStream(fd)
  const isTerminal = kind === 'terminal'
  const colored = wantsColor({ isTerminal, env, flag: color })
  const style = colored ? (await import('./style.ts')).makeStyle(true) : plainStyle
  // Only what is a terminal is asked: the stream objects of the runtime cost as much as the rest of a start.
  const width = (): number => (isTerminal ? (fd === 1 ? process.stdout.columns : process.stderr.columns) : 0)
  const told = env.COLUMNS !== undefined && /^[1-9]\d{0,4}$/.test(env.COLUMNS) ? Number(env.COLUMNS) : 0
  const columns = (): number => told || width() || 80
  return new Descriptor(fd, {
    name: fd === 1 ? 'stdout' : 'stderr',
    closed: wasClosed(fd),
    direct,
    isFile: kind === 'file',
    isTerminal,
    columns,
    style,
    later: call => void clock.timer(5, call),
  })
}

function standardInput(): InputPort {
  return {
    isTerminal: isTerminalAt(0),
    async *read(signal, { borrows = false } = {}) {
      if (borrows) return yield* borrowed(signal)
      const stream = fileSystem().createReadStream('', { fd: 0, autoClose: false })
      const stop = (): void => void stream.destroy()
      signal.addEventListener('abort', stop, { once: true })
      try {
        for await (const chunk of stream) yield chunk
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },
  }
}

const borrowedBytes = 256 * 1024

async function* borrowed(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(borrowedBytes)
  const stopped = Promise.withResolvers<number>()
  const stop = (): void => stopped.resolve(0)
  signal.addEventListener('abort', stop, { once: true })
  try {
    while (!signal.aborted) {
      // A read that waits for a pipe can not be called off: it is left behind.
      const count = await Promise.race([readInto(buffer), stopped.promise])
      if (count === 0) return
      yield buffer.subarray(0, count)
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const readInto = (buffer: Buffer): Promise<number> =>
  new Promise((resolve, reject) =>
    fileSystem().read(0, buffer, 0, buffer.length, null, (error, count) => (error ? reject(error) : resolve(count))),
  )
