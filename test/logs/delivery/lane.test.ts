import { describe, expect, test } from 'bun:test'
import type { Receipt } from '../../../src/lib/core/sink.ts'
import { recordName } from '../../../src/lib/core/sink.ts'
import { Fork } from '../../../src/lib/logs/delivery/fork.ts'
import { poll } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { chunkOf, hastyClock, isBalanced, numbersIn, Ordeal } from './ordeal.ts'

const delivered: Receipt = { result: 'delivered' }
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

describe('a lane', () => {
  test('delivers in order, joined up to what the sink takes at once, and remembers', async () => {
    await using directory = await tempDir()
    const sent: number[][] = []
    const answer = (parcels: Parameters<typeof numbersIn>[0]): Receipt => {
      sent.push(numbersIn(parcels))
      return delivered
    }
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer, limits: { records: 10 } })
    for (let at = 0; at < 40; at += 4) ordeal.lane.offer(chunkOf(at, at + 4))
    await ordeal.lane.drained()
    expect(sent.flat()).toEqual(range(0, 40))
    expect(sent.every(each => each.length <= 10)).toBe(true)
    expect(sent.length).toBeLessThan(8)
    expect(ordeal.ledger).toMatchObject({ lines: 40, records: 40, delivered: 40, dead: 0 })
    expect(ordeal.store.places('access').get('loki')).toEqual({ safe: 40, delivered: 40 })
    ordeal.lane.offer(chunkOf(36, 40))
    await ordeal.lane.drained()
    expect(ordeal.ledger?.records).toBe(40)
  })

  test('splits a chunk that is more than the sink takes, and gives each record the same name as before', async () => {
    await using directory = await tempDir()
    const names: string[] = []
    const answer = (parcels: Parameters<typeof numbersIn>[0]): Receipt => {
      for (const parcel of parcels) for (const record of range(0, parcel.count)) names.push(recordName(parcel, record))
      return delivered
    }
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer, limits: { records: 3 } })
    ordeal.lane.offer(chunkOf(0, 10))
    await ordeal.lane.drained()
    expect(names).toEqual(range(0, 10).map(record => `access:0-10.${record}`))
  })

  test('tries again for ever, and tells once when it begins and once when it ends', async () => {
    await using directory = await tempDir()
    let attempts = 0
    const answer = (): Receipt => (attempts++ < 5 ? { result: 'later', message: '503' } : delivered)
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer })
    ordeal.lane.offer(chunkOf(0, 10))
    await ordeal.lane.drained()
    expect(attempts).toBe(6)
    expect(ordeal.log).toEqual(['a sink takes no records: tried again until it does', 'a sink takes records again'])
  })

  test('waits as long as the other side says', async () => {
    await using directory = await tempDir()
    const at: number[] = []
    const answer = (): Receipt => {
      at.push(hastyClock.monotonic())
      return at.length === 1 ? { result: 'later', message: '429', afterMs: 20_000 } : delivered
    }
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer })
    ordeal.lane.offer(chunkOf(0, 10))
    await ordeal.lane.drained()
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(19_000)
  })

  test('ends an attempt that hangs, and one that throws is no loss either', async () => {
    await using directory = await tempDir()
    let attempts = 0
    const answer = (_: unknown, signal: AbortSignal): Promise<Receipt> | Receipt => {
      attempts++
      if (attempts === 2) throw new Error('a mistake of its author')
      if (attempts === 3) return delivered
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer })
    ordeal.lane.offer(chunkOf(0, 10))
    await ordeal.lane.drained()
    expect(attempts).toBe(3)
    expect(ordeal.ledger).toMatchObject({ delivered: 10 })
  })

  test('halves what is too large down to a single record, which is dead then', async () => {
    await using directory = await tempDir()
    const taken: number[] = []
    const answer = (parcels: Parameters<typeof numbersIn>[0]): Receipt => {
      const numbers = numbersIn(parcels)
      if (numbers.length > 3 || numbers.includes(7)) return { result: 'too-large', message: 'of 413' }
      taken.push(...numbers)
      return delivered
    }
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer })
    ordeal.lane.offer(chunkOf(0, 5))
    ordeal.lane.offer(chunkOf(5, 20))
    await ordeal.lane.drained()
    expect(taken).toEqual(range(0, 20).filter(number => number !== 7))
    expect(await ordeal.letters()).toMatchObject([
      { id: 'access:5-20.2', reason: 'of 413', record: '{"stream":"access","n":7}', sink: 'loki', source: 'web' },
    ])
    expect(ordeal.ledger).toMatchObject({ records: 20, delivered: 19, dead: 1 })
  })

  test('sends again only what is still to be sent, and buries what was refused', async () => {
    await using directory = await tempDir()
    const sent: number[][] = []
    const answer = (parcels: Parameters<typeof numbersIn>[0]): Receipt => {
      sent.push(numbersIn(parcels))
      if (sent.length > 1) return delivered
      const places = (records: number[]) => records.map(record => ({ parcel: 0, record }))
      return {
        result: 'later',
        message: 'some were busy',
        pending: places([1, 2, 3, 8]),
        refused: places([5]).map(place => ({ ...place, reason: 'no such field' })),
      }
    }
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer })
    ordeal.lane.offer(chunkOf(0, 10))
    await ordeal.lane.drained()
    expect(sent).toEqual([range(0, 10), [1, 2, 3, 8]])
    expect(await ordeal.letters()).toMatchObject([{ id: 'access:0-10.5', reason: 'no such field' }])
    expect(ordeal.ledger).toMatchObject({ records: 10, delivered: 9, dead: 1 })
  })

  test('buries all of what is refused as a whole', async () => {
    await using directory = await tempDir()
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer: () => ({ result: 'refused', message: '400' }) })
    ordeal.lane.offer(chunkOf(0, 3))
    await ordeal.lane.drained()
    expect((await ordeal.letters()).map(({ record }) => JSON.parse(record).n)).toEqual([0, 1, 2])
    expect(ordeal.ledger).toMatchObject({ records: 3, delivered: 0, dead: 3 })
  })

  test('acknowledges in order what was answered in another', async () => {
    await using directory = await tempDir()
    const answers: ((receipt: Receipt) => void)[] = []
    const answer = (): Promise<Receipt> => new Promise(resolve => answers.push(resolve))
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer, limits: { records: 10, underWay: 3 } })
    for (let at = 0; at < 40; at += 10) ordeal.lane.offer(chunkOf(at, at + 10))
    await poll('three are under way', 5000, () => answers.length === 3)
    expect(ordeal.store.places('access').get('loki')?.sending).toEqual([10, 20, 30])
    answers[2]?.(delivered)
    answers[1]?.(delivered)
    await new Promise(resolve => setImmediate(resolve))
    expect(ordeal.ledger).toBeUndefined()
    answers[0]?.(delivered)
    await poll('the fourth is sent', 5000, () => answers.length === 4)
    await poll('all three are acknowledged', 5000, () => ordeal.store.places('access').get('loki')?.delivered === 30)
    answers[3]?.(delivered)
    await ordeal.lane.drained()
    expect(ordeal.store.places('access').get('loki')).toEqual({ safe: 40, delivered: 40 })
  })

  test('gives memory back when it is done with it', async () => {
    await using directory = await tempDir()
    let released = 0
    await using ordeal = await Ordeal.begin({ directory: directory.path, answer: () => delivered })
    for (let at = 0; at < 100; at += 10) ordeal.lane.offer(chunkOf(at, at + 10, { release: () => released++ }))
    await ordeal.lane.drained()
    ordeal.lane.offer(chunkOf(90, 100, { release: () => released++ }))
    expect(released).toBe(11)
  })
})

describe('what can not be read again', () => {
  test('is safe before its source goes on, and delivered after a kill', async () => {
    await using directory = await tempDir()
    const never = (_: unknown, signal: AbortSignal): Promise<Receipt> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    {
      await using ordeal = await Ordeal.begin({
        directory: directory.path,
        answer: never,
        clock: { ...hastyClock, timer: () => () => {} },
      })
      for (let at = 0; at < 50; at += 10) await ordeal.lane.offer(chunkOf(at, at + 10, { isUnique: true }))
      expect(ordeal.ledger).toMatchObject({ records: 50, spooled: 50, delivered: 0 })
    }
    const got: number[] = []
    const answer = (parcels: Parameters<typeof numbersIn>[0]): Receipt => {
      got.push(...numbersIn(parcels))
      return delivered
    }
    await using again = await Ordeal.begin({ directory: directory.path, answer })
    expect(again.lane.reached('access').at).toBe(50)
    await again.lane.drained()
    expect(got).toEqual(range(0, 50))
    expect(again.ledger).toMatchObject({ records: 50, spooled: 0, delivered: 50 })
    expect(again.store.sink('loki')).toMatchObject({ spoolNext: 6, spoolEnd: 6 })
  })
})

describe('lanes beside each other', () => {
  test('one that is dead does not hold up the other, and gets all of it in order when it is back', async () => {
    await using directory = await tempDir()
    let isDead = true
    const got = { loki: [] as number[], disk: [] as number[] }
    await using dead = await Ordeal.begin({
      directory: directory.path,
      answer: parcels => {
        if (isDead) return { result: 'later', message: 'connection refused' }
        got.loki.push(...numbersIn(parcels))
        return delivered
      },
    })
    await using alive = await Ordeal.begin({
      directory: directory.path,
      name: 'disk',
      answer: parcels => {
        got.disk.push(...numbersIn(parcels))
        return delivered
      },
    })
    const fork = new Fork({ lanes: [dead.lane, alive.lane], clock: hastyClock, signal: new AbortController().signal })
    for (let at = 0; at < 5000; at += 50) await fork.offer(() => chunkOf(at, at + 50))
    await alive.lane.drained()
    expect(got.disk).toEqual(range(0, 5000))
    expect(dead.lane.isBehind).toBe(true)
    await poll('all of it is put by', 5000, () => dead.store.places('access').get('loki')?.safe === 5000)
    for (const row of dead.store.ledger()) expect(isBalanced(row)).toBe(true)
    isDead = false
    await dead.lane.drained()
    expect(got.loki).toEqual(range(0, 5000))
    expect(dead.lane.isBehind).toBe(false)
    for (const row of dead.store.ledger()) expect(row).toMatchObject({ records: 5000, delivered: 5000, spooled: 0 })
    fork.offer(() => chunkOf(5000, 5010))
    await dead.lane.drained()
    expect(got.loki.at(-1)).toBe(5009)
  })

  test('alone it waits, and puts nothing by', async () => {
    await using directory = await tempDir()
    await using dead = await Ordeal.begin({
      directory: directory.path,
      answer: () => ({ result: 'later', message: 'connection refused' }),
    })
    const controller = new AbortController()
    const fork = new Fork({ lanes: [dead.lane], clock: hastyClock, signal: controller.signal })
    let offered = 0
    const offering = (async () => {
      for (let at = 0; at < 5000 && !controller.signal.aborted; at += 50, offered++) await fork.offer(() => chunkOf(at, at + 50))
    })()
    await poll('it has tried some times', 5000, () => dead.lane.look.failingMs > 20_000)
    expect(offered).toBeLessThan(5)
    expect(dead.lane.isBehind).toBe(false)
    controller.abort()
    await offering
  })

  test('a full spool makes its source wait, or drops and counts where that is asked for', async () => {
    for (const dropsWhenFull of [false, true]) {
      await using directory = await tempDir()
      let isDead = true
      const got: number[] = []
      await using dead = await Ordeal.begin({
        ...{ directory: directory.path, maxSpoolBytes: 300_000, dropsWhenFull },
        answer: parcels => {
          if (isDead) return { result: 'later', message: 'connection refused' }
          got.push(...numbersIn(parcels))
          return delivered
        },
      })
      const last = 40_000
      const offer = async (): Promise<void> => {
        for (let at = 0; at < last; at += 100) {
          dead.lane.offer(chunkOf(at, at + 100))
          if (!dead.lane.hasRoom) dead.lane.fallBehind()
          while (!dead.lane.hasRoom) await dead.lane.changed
        }
      }
      const offering = offer()
      if (dropsWhenFull) await offering
      else await poll('there is no room', 10_000, () => !dead.lane.hasRoom && dead.lane.look.spoolBytes >= 300_000)
      isDead = false
      await offering
      await dead.lane.drained()
      const { ledger } = dead
      expect(ledger?.records).toBe(last)
      expect(ledger && isBalanced(ledger)).toBe(true)
      expect(ledger?.delivered).toBe(got.length)
      expect(got).toEqual([...new Set(got)].sort((a, b) => a - b))
      expect(ledger?.dropped === 0).toBe(!dropsWhenFull)
      expect(dead.store.places('access').get('loki')).toEqual({ safe: last, delivered: last })
    }
  }, 60_000)
})
