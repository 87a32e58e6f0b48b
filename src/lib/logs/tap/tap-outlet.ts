import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { Allowance } from './allowance.ts'
import { frameBytes, type TapFrame } from './tap-frame.ts'
import { sinkStage, type TapStage } from './tap-stage.ts'

export interface TapOutletOptions {
  readonly stream: Duplex
  readonly clock: Clock
  readonly stage: TapStage
  readonly source?: string | undefined
  /** Records. */
  readonly perSecond?: number | undefined
}

/** Where records come from. */
export interface TapOrigin {
  readonly source: string
  readonly title: string
}

const newline = 10
/** So much may wait for who reads. */
const maxWaiting = 1024 * 1024
/** Copied for one who taps, at most: a few hundredths of what a processor can. */
const bytesPerSecond = 16 * 1024 * 1024

/** Somebody who looks at one stage. What there is no room for is not shown, and counted: nobody waits for him. */
export class TapOutlet {
  readonly stage: TapStage
  readonly #options: TapOutletOptions
  readonly #records: Allowance | undefined
  readonly #bytes: Allowance
  #missed = { slow: 0, rate: 0 }

  constructor(options: TapOutletOptions) {
    const { stream, stage, clock, perSecond } = options
    this.#options = options
    this.stage = stage
    this.#bytes = new Allowance(clock, bytesPerSecond)
    if (perSecond !== undefined) this.#records = new Allowance(clock, perSecond)
    stream.on('drain', () => this.#tellMissed())
    this.#write({ kind: 'begun' })
  }

  wants(source: string): boolean {
    return this.#options.source === undefined || this.#options.source === source
  }

  /** Shows what there is room for; the bytes are used no more behind it. */
  offer(lines: Uint8Array, { source, title }: TapOrigin): void {
    if (lines.length === 0) return
    if (this.#options.stream.writableLength > maxWaiting) {
      this.#missed.slow += countOf(lines)
      return
    }
    const { end, count } = this.#room(lines)
    if (end < lines.length) this.#missed.rate += countOf(lines.subarray(end))
    this.#tellMissed()
    if (end === 0) return
    this.#records?.use(count)
    this.#bytes.use(end)
    this.#write({ kind: 'records', source, stream: title, bytes: end }, lines.subarray(0, end))
  }

  /** Whether what is looked at can still come. */
  isIn(pipeline: Pick<Pipeline, 'sources' | 'sinks'>): boolean {
    const { source, stage } = this.#options
    const hasSource = source === undefined || pipeline.sources.some(({ name }) => name === source)
    return hasSource && (!stage.startsWith('sink:') || pipeline.sinks.some(({ name }) => sinkStage(name) === stage))
  }

  /** Says that nothing more comes, and why. */
  end(last: TapFrame = { kind: 'ended' }): void {
    this.#tellMissed()
    this.#options.stream.end(frameBytes(last))
  }

  /** How many of the lines may be shown, and where they end. */
  #room(lines: Uint8Array): { readonly end: number; readonly count: number } {
    const most = this.#records === undefined ? Number.POSITIVE_INFINITY : Math.floor(this.#records.left)
    const bytes = this.#bytes.left
    if (most === Number.POSITIVE_INFINITY && lines.length <= bytes) return { end: lines.length, count: 0 }
    let [end, count] = [0, 0]
    while (end < lines.length && count < most) {
      const next = lineEnd(lines, end)
      if (next > bytes) break
      end = next
      count++
    }
    return { end, count }
  }

  #tellMissed(): void {
    const { slow, rate } = this.#missed
    if (slow + rate === 0 || this.#options.stream.writableLength > maxWaiting) return
    this.#missed = { slow: 0, rate: 0 }
    this.#write({ kind: 'missed', slow, rate })
  }

  #write(frame: TapFrame, records?: Uint8Array): void {
    const { stream } = this.#options
    // A copy: what it is made of is used again for other records.
    if (!stream.destroyed && !stream.writableEnded) stream.write(frameBytes(frame, records))
  }
}

function lineEnd(lines: Uint8Array, from: number): number {
  const at = lines.indexOf(newline, from)
  return at === -1 ? lines.length : at + 1
}

function countOf(lines: Uint8Array): number {
  let count = 0
  for (let at = 0; at < lines.length; at = lineEnd(lines, at)) count++
  return count
}
