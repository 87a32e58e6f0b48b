import { expect, test } from 'bun:test'
import { Duplex } from 'node:stream'
import { Records } from '../../../src/lib/logs/records.ts'
import { type TapFrame, takeFrame } from '../../../src/lib/logs/tap/tap-frame.ts'
import { TapOutlet } from '../../../src/lib/logs/tap/tap-outlet.ts'
import { Taps } from '../../../src/lib/logs/tap/taps.ts'
import { ByteQueue } from '../../../src/lib/net/byte-queue.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

/** Somebody who taps, and reads when the test says so. */
class Reader {
  readonly stream: Duplex
  #waiting: (() => void)[] = []
  readonly #queue = new ByteQueue()
  isReading = true

  constructor() {
    this.stream = new Duplex({
      read: () => {},
      write: (piece, _, done) => {
        this.#queue.push(piece)
        if (this.isReading) done()
        else this.#waiting.push(done)
      },
    })
  }

  async readOn(): Promise<void> {
    this.isReading = true
    while (this.#waiting.length > 0) {
      this.#waiting.shift()?.()
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  get frames(): { readonly frame: TapFrame; readonly lines: number }[] {
    const found = []
    for (let next = takeFrame(this.#queue); next !== undefined; next = takeFrame(this.#queue))
      found.push({ frame: next.frame, lines: next.records.toString().split('\n').length - 1 })
    return found
  }
}

const origin = { source: 'web', title: '/var/log/web.log' }
const records = (count: number, text = ''): Records => Records.ofObjects(Array.from({ length: count }, (_, n) => ({ n, text })))

test('shows as many records as the rate lets it, and tells how many it does not show', async () => {
  const clock = new FakeClock()
  const reader = new Reader()
  const outlet = new TapOutlet({ stream: reader.stream, clock, stage: 'shaped', perSecond: 10 })
  outlet.offer(records(25).lines, origin)
  await clock.advance(500)
  outlet.offer(records(1).lines, origin)
  expect(reader.frames).toEqual([
    { frame: { kind: 'begun' }, lines: 0 },
    { frame: { kind: 'missed', slow: 0, rate: 15 }, lines: 0 },
    { frame: { kind: 'records', source: 'web', stream: '/var/log/web.log', bytes: expect.any(Number) }, lines: 10 },
    { frame: { kind: 'records', source: 'web', stream: '/var/log/web.log', bytes: expect.any(Number) }, lines: 1 },
  ])
})

test('keeps a megabyte for one who does not read, and tells him of the rest when he does', async () => {
  const reader = new Reader()
  const outlet = new TapOutlet({ stream: reader.stream, clock: new FakeClock(), stage: 'shaped' })
  reader.isReading = false
  for (let round = 0; round < 40; round++) outlet.offer(records(100, 'x'.repeat(1000)).lines, origin)
  expect(reader.stream.writableLength).toBeLessThan(1.3 * 1024 * 1024)
  await reader.readOn()
  const frames = reader.frames
  const shown = frames.reduce((sum, { lines }) => sum + lines, 0)
  const missed = frames.reduce((sum, { frame }) => sum + (frame.kind === 'missed' ? frame.slow : 0), 0)
  expect([shown + missed, missed > 2000]).toEqual([4000, true])
})

test('what nobody looks at is not even made', () => {
  const taps = new Taps()
  const reader = new Reader()
  const outlet = new TapOutlet({ stream: reader.stream, clock: new FakeClock(), stage: 'sink:loki', source: 'app' })
  expect(taps.isWatched).toBe(false)
  taps.add(outlet)
  expect(taps.isWatched).toBe(true)
  taps.show('shaped', records(1), { ...origin, source: 'app' })
  taps.show('sink:loki', records(1), origin)
  taps.show('sink:loki', records(2), { ...origin, source: 'app' })
  expect(reader.frames.map(({ lines }) => lines)).toEqual([0, 2])
  taps.remove(outlet)
  expect(taps.isWatched).toBe(false)
})
