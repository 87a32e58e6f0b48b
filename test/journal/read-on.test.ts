import { expect, test } from 'bun:test'
import { systemDisk } from '../../src/lib/journal/disk.ts'
import { Journal } from '../../src/lib/journal/journal.ts'
import { readRecords } from '../../src/lib/journal/read.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { openJournal } from './open-journal.ts'
import { seeded } from './seeded.ts'

const damage = (): never => {
  throw new Error('nothing is damaged')
}

test('who reads on while records are written takes none of them for damage', async () => {
  await using dir = await tempDir()
  await using journal = await openJournal(dir.path, { fsync: 'always' })
  const write = async (text: string): Promise<void> => {
    journal.append(1, Buffer.from(text))
    await journal.sync()
  }
  await write('first')
  const reading = journal.read()
  expect((await reading.next()).value?.sequence).toBe(1)
  await write('second')
  await write('third')
  expect((await reading.next()).value?.sequence).toBe(2)
  expect((await reading.next()).value?.sequence).toBe(3)
  expect((await reading.next()).done).toBe(true)
})

test.each([{}, { salvage: damage }])('a record of which a half was there at the first look is read whole: %j', async options => {
  const random = seeded(3)
  for (let round = 0; round < 40; round++) {
    await using dir = await tempDir()
    // What is there of the files at the moment: a read sees no more of what is being written.
    let there = Number.POSITIVE_INFINITY
    const disk: typeof systemDisk = {
      ...systemDisk,
      async open(path, how) {
        const file = await systemDisk.open(path, how)
        const read = (buffer: Buffer, at: number): Promise<number> =>
          file.read(buffer.subarray(0, Math.max(0, Math.min(buffer.length, there - at))), at)
        return { ...file, read }
      },
    }
    await using journal = await openJournal(dir.path, { fsync: 'always' })
    const write = async (): Promise<void> => {
      journal.append(1, Buffer.alloc(1 + Math.floor(random() * 3000), 'x'))
      await journal.sync()
    }
    for (let record = 1; record <= 5; record++) await write()
    const { bytes } = await Journal.inspect(dir.path)
    for (let record = 6; record <= 12; record++) await write()
    there = bytes + 1 + Math.floor(random() * 6000)
    const sequences: number[] = []
    for await (const { sequence } of readRecords(disk, dir.path, options)) {
      sequences.push(sequence)
      if (sequence === 5) there = Number.POSITIVE_INFINITY
    }
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  }
})
