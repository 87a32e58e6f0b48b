import { rm } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { type Clock, sleep } from '../../core/clock.ts'
import { OpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'
import { ByteQueue } from '../../net/byte-queue.ts'
import { StreamListener } from '../../net/server/stream-listener.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { frameBytes } from './tap-frame.ts'
import { TapOutlet } from './tap-outlet.ts'
import { TapSocket } from './tap-socket.ts'
import { stageOf, type TapWish } from './tap-stage.ts'
import type { Taps } from './taps.ts'

interface TapPlace {
  readonly directory: string
  readonly taps: Taps
  /** As it is now: a reload changes it. */
  readonly pipeline: () => Pipeline
  readonly clock: Clock
  readonly log: Log
}

/** At a time; more are told so, and far more are not even heard. */
const most = 8
const connections = 64
const newline = 10
const maxWishBytes = 4096
const wishMs = 5000
/** What is on its way to those who tap at the end has so long. */
const endMs = 500

/**
 * Lets the user of a pipeline, and root, look at what passes through it, over a socket in its directory. Where that can not be had it is
 * told, and the pipeline goes on without.
 */
export async function openTaps(place: TapPlace): Promise<AsyncDisposable> {
  const { directory, taps, clock, log } = place
  await using made = new AsyncDisposableStack()
  let path: string
  try {
    const socket = made.use(new TapSocket(directory))
    path = socket.path
    const listener = await StreamListener.open({
      address: { type: 'unix', path: socket.path },
      ...{ clock, connections, handshakeMs: wishMs },
      accept: ({ stream }) => void serve(stream, place),
      refuse: (_, why) => log('debug', 'a tap was refused', { why }),
    })
    made.defer(() => listener.close())
  } catch (error) {
    log('warn', 'this pipeline can not be tapped', { problem: error instanceof Error ? error.message : String(error) })
    return { [Symbol.asyncDispose]: async () => {} }
  }
  made.defer(async () => {
    // Whoever looks for it again is to find the next one.
    await rm(path, { force: true })
    if (taps.count === 0) return
    taps.end()
    await sleep(clock, endMs)
  })
  const open = made.move()
  return { [Symbol.asyncDispose]: () => open.disposeAsync() }
}

async function serve(stream: Duplex, place: TapPlace): Promise<void> {
  const { taps, clock, log } = place
  try {
    const line = await firstLine(stream, clock)
    const wish = line === undefined ? undefined : wishIn(JSON.parse(line))
    if (wish === undefined) return void stream.destroy()
    const { source, perSecond } = wish
    const stage = stageOf(wish, place.pipeline())
    if (taps.count >= most) throw new OpsError('E_USAGE', `${most} others look at this pipeline already`)
    const outlet = new TapOutlet({ stream, clock, stage, source, perSecond })
    taps.add(outlet)
    stream.once('close', () => taps.remove(outlet))
    // What else it says does not matter; that it goes away does.
    stream.resume()
    if (stream.destroyed) taps.remove(outlet)
    log('info', 'somebody taps the pipeline', { stage: wish.stage, source })
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    const hint = error instanceof OpsError ? error.hint : undefined
    stream.end(frameBytes({ kind: 'refused', problem, ...(hint !== undefined && { hint }) }))
  }
}

/** Undefined where it does not come in time, is too long, or the other side goes away. */
function firstLine(stream: Duplex, clock: Clock): Promise<string | undefined> {
  return new Promise(resolve => {
    const queue = new ByteQueue()
    const settle = (line?: string): void => {
      cancel()
      stream.off('data', take)
      stream.off('close', gone)
      resolve(line)
    }
    const gone = (): void => settle()
    const take = (piece: Uint8Array): void => {
      queue.push(piece)
      const end = queue.bytes.indexOf(newline)
      if (end !== -1) settle(queue.bytes.toString('utf8', 0, end))
      else if (queue.length > maxWishBytes) settle()
    }
    const cancel = clock.timer(wishMs, gone, { background: true })
    stream.on('data', take)
    stream.once('close', gone)
  })
}

function wishIn(value: unknown): TapWish | undefined {
  if (typeof value !== 'object' || value === null || !('stage' in value) || typeof value.stage !== 'string') return undefined
  const { stage } = value
  const source = 'source' in value && typeof value.source === 'string' ? value.source : undefined
  const perSecond = 'perSecond' in value && typeof value.perSecond === 'number' ? value.perSecond : undefined
  return { stage, ...(source !== undefined && { source }), ...(perSecond !== undefined && { perSecond }) }
}
