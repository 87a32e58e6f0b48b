import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Journal } from '../../src/lib/journal/journal.ts'
import type { Damage } from '../../src/lib/journal/state-error.ts'
import { counted } from '../helpers/counts.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { CrashDisk } from './crash-disk.ts'
import { linesOf } from './open-journal.ts'
import { seeded } from './seeded.ts'

const directory = '/journal'

type Step =
  | { readonly act: 'append'; readonly size: number }
  | { readonly act: 'flush' }
  | { readonly act: 'sync' }
  | { readonly act: 'cursor' }
  | { readonly act: 'prune' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('append' as const), size: fc.oneof(fc.nat(60), fc.nat(1500)) }) },
  { weight: 3, arbitrary: fc.constant({ act: 'flush' as const }) },
  { weight: 2, arbitrary: fc.constant({ act: 'sync' as const }) },
  { weight: 1, arbitrary: fc.constant({ act: 'cursor' as const }) },
  { weight: 1, arbitrary: fc.constant({ act: 'prune' as const }) },
)

const life = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
  cutAfter: fc.nat(60),
  segmentBytes: fc.constantFrom(600, 2500, 100_000),
  preallocateBytes: fc.constantFrom(0, 0, 1000, 5000),
  fsync: fc.constantFrom('always' as const, 'never' as const),
  seed: fc.nat(),
  /** Whether the writer is killed, which loses nothing that was written, or the power is cut. */
  isKilled: fc.boolean(),
})

test('kills and power cuts at any moment, which keep any sectors of what was not synced, lose no acknowledged record and invent none', async () => {
  const property = fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async lives => {
    const disk = new CrashDisk()
    const truth = new Truth()
    for (const { steps, cutAfter, seed, isKilled, ...options } of lives) {
      disk.cutPowerAfter(cutAfter)
      await live({ disk, steps, options, truth })
      disk.cutPowerAfter(-1)
      // What the writer was still about to do meets a disk that does not answer.
      await new Promise(resolve => setImmediate(resolve))
      if (isKilled) disk.cutPowerAfter(Number.POSITIVE_INFINITY)
      else disk.reboot(seeded(seed))
      await check(disk, truth)
    }
  })
  await fc.assert(property, { numRuns: counted({ reduced: 250, full: 5000 }) })
}, 600_000)

test('what a writer acknowledges outlives a power cut also where its predecessor was killed between any two operations', async () => {
  for (let cutAfter = 0; cutAfter < 25; cutAfter++) {
    const disk = new CrashDisk()
    const truth = new Truth()
    const steps = ['append', 'sync', 'cursor', 'append', 'sync'].map(act => ({ act, size: 600 }) as Step)
    const options = { segmentBytes: 600, preallocateBytes: 0, fsync: 'always' as const }
    disk.cutPowerAfter(cutAfter)
    await live({ disk, steps, options, truth })
    disk.cutPowerAfter(-1)
    await new Promise(resolve => setImmediate(resolve))
    disk.cutPowerAfter(Number.POSITIVE_INFINITY)
    await live({ disk, steps: steps.slice(0, 2), options, truth })
    disk.reboot(() => 0)
    const lines = await linesOf(await Journal.inspect(directory, disk))
    expect([cutAfter, lines.length]).toEqual([cutAfter, truth.durable])
  }
})

/** What was asked for and what was acknowledged. */
class Truth {
  /** Every text that a sequence number may have: one that was lost without acknowledgement is given again. */
  readonly texts = new Map<number, Set<string>>()
  durable = 0
  /** Where the cursor may be: where it was last known to be on disk, and where it was moved to since. */
  cursor: (number | undefined)[] = [undefined]
  serial = 0
}

/** One life of a writer, until its steps are done or the power fails. */
async function live(run: {
  readonly disk: CrashDisk
  readonly steps: readonly Step[]
  readonly options: { readonly segmentBytes: number; readonly preallocateBytes: number; readonly fsync: 'always' | 'never' }
  readonly truth: Truth
}): Promise<void> {
  const { disk, steps, options, truth } = run
  try {
    const journal = await open(disk, options)
    for (const next of steps) await take({ journal, step: next, truth, isDurable: options.fsync === 'always' })
    if (steps.length % 2 === 0) await journal[Symbol.asyncDispose]()
  } catch (error) {
    if (!disk.isOff) throw error
  }
}

function open(
  disk: CrashDisk,
  options: { readonly segmentBytes?: number; readonly preallocateBytes?: number; readonly fsync: 'always' | 'never' },
): Promise<Journal> {
  const lock = async (): Promise<AsyncDisposable> => ({ [Symbol.asyncDispose]: async () => {} })
  return Journal.open(directory, { disk, clock: new FakeClock(), lock, ...options })
}

async function take(turn: {
  readonly journal: Journal
  readonly step: Step
  readonly truth: Truth
  /** Cursors are on disk once their move has settled. */
  readonly isDurable: boolean
}): Promise<void> {
  const { journal, step, truth, isDurable } = turn
  switch (step.act) {
    case 'append': {
      const text = `${++truth.serial}:${'x'.repeat(step.size)}`
      const sequence = journal.append(1, Buffer.from(text))
      truth.texts.set(sequence, (truth.texts.get(sequence) ?? new Set()).add(`${sequence}:1:${text}`))
      return
    }
    case 'flush':
      return journal.flush()
    case 'sync': {
      const upTo = journal.next - 1
      await journal.sync()
      truth.durable = Math.max(truth.durable, upTo)
      return
    }
    case 'cursor': {
      await journal.sync()
      truth.durable = Math.max(truth.durable, journal.next - 1)
      truth.cursor.push(journal.next)
      await journal.moveCursor('sink', journal.next)
      if (isDurable || truth.cursor.includes(undefined)) truth.cursor = [journal.next]
      return
    }
    case 'prune':
      if (!truth.cursor.includes(undefined)) await journal.prune()
  }
}

async function check(disk: CrashDisk, truth: Truth): Promise<void> {
  const damage: Damage[] = []
  const seen = await linesOf(await Journal.inspect(directory, disk), { salvage: found => damage.push(found) })
  expect(damage).toEqual([])
  const journal = await open(disk, { fsync: 'always' })
  expect(journal.recovery.damage).toBeUndefined()
  expect(journal.next).toBeGreaterThan(truth.durable)
  const lines = await linesOf(journal)
  expect(lines).toEqual(seen)
  const first = journal.next - lines.length
  for (const [index, line] of lines.entries()) expect(truth.texts.get(first + index)?.has(line) ? 'known' : line).toBe('known')
  const position = journal.cursors.get('sink')
  expect(truth.cursor).toContain(position)
  expect(first).toBeLessThanOrEqual(position ?? 1)
  await journal[Symbol.asyncDispose]()
  truth.durable = journal.next - 1
  truth.cursor = [position]
}
