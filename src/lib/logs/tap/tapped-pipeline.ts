import type { Duplex } from 'node:stream'
import { type Clock, sleep } from '../../core/clock.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { ByteQueue } from '../../net/byte-queue.ts'
import { connectUnix } from '../../net/connect.ts'
import { lockHolder } from '../../run/lock.ts'
import { type TapFrame, takeFrame } from './tap-frame.ts'
import { TapSocket } from './tap-socket.ts'
import type { TapWish } from './tap-stage.ts'

export interface TappedPlace {
  readonly directory: string
  /** As it was named, for people. */
  readonly file: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

const retryMs = 250

/** A pipeline that is looked at, in another process. */
export class TappedPipeline implements Disposable {
  readonly #stream: Duplex

  private constructor(stream: Duplex) {
    this.#stream = stream
  }

  /** @throws OpsError E_UNREACHABLE that names the directory where it does not run */
  static async connect(place: TappedPlace): Promise<TappedPipeline> {
    const { directory, file, signal } = place
    try {
      using socket = new TapSocket(directory)
      const stream = await connectUnix(socket.path, signal)
      // Its end tells all that there is to tell.
      stream.on('error', () => {})
      return new TappedPipeline(stream)
    } catch (cause) {
      signal.throwIfAborted()
      throw await unreachable({ directory, file, cause })
    }
  }

  /** As soon as somebody answers; undefined where nobody does until then, by the monotonic clock. */
  static async connectUntil(end: number, place: TappedPlace): Promise<TappedPipeline | undefined> {
    const { clock, signal } = place
    while (clock.monotonic() < end && !signal.aborted) {
      await sleep(clock, retryMs, signal).catch(() => {})
      const found = await TappedPipeline.connect(place).catch(() => undefined)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** What it tells, until it ends or the signal aborts. */
  async *frames(wish: TapWish, signal: AbortSignal): AsyncGenerator<{ readonly frame: TapFrame; readonly records: Buffer }> {
    const stream = this.#stream
    // With an error: who waits for more would not hear of it otherwise.
    const stop = (): void => void stream.destroy(new Error('told to stop'))
    signal.addEventListener('abort', stop, { once: true })
    try {
      stream.write(`${JSON.stringify(wish)}\n`)
      const queue = new ByteQueue()
      for await (const piece of stream) {
        queue.push(piece)
        for (let next = takeFrame(queue); next !== undefined; next = takeFrame(queue)) yield next
      }
    } catch (error) {
      // The pipeline was killed, or we were told to stop.
      if (!signal.aborted && errnoOf(error) === undefined) throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  [Symbol.dispose](): void {
    this.#stream.destroy()
  }
}

async function unreachable({
  directory,
  file,
  cause,
}: {
  readonly directory: string
  readonly file: string
  readonly cause: unknown
}): Promise<OpsError> {
  const code = errnoOf(cause)
  if (code === 'EACCES' || code === 'EPERM')
    return new OpsError('E_UNREACHABLE', `${file} can be tapped only by the user that it runs as, and by root`, {
      cause,
      data: { directory },
    })
  const holder = await lockHolder(`${directory}/lock`).catch(() => undefined)
  if (holder !== undefined)
    return new OpsError('E_UNREACHABLE', `${file} runs (pid ${holder.pid}), but nobody answers at ${directory}/tap.sock`, {
      cause,
    })
  return new OpsError('E_UNREACHABLE', `${file} is not running: nobody answers in ${directory}`, {
    cause,
    hint: `start it: opsctl ship-logs -f ${file} --follow. It is found by the name of its file, below the state directory of its user (--state-dir)`,
  })
}
