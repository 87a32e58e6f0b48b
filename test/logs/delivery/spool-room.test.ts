import { describe, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Spool } from '../../../src/lib/logs/delivery/spool.ts'
import { acquireLock } from '../../../src/lib/run/lock.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { tinyDisk } from '../../helpers/tiny-disk.ts'
import { type Answer, chunkOf, hastyClock, isBalanced, numbersIn, Ordeal } from './ordeal.ts'

const mebi = 1024 * 1024

test.skipIf(!needs('mount'))('a spool leaves room on its disk for what is to be remembered of it', async () => {
  await using disk = await tinyDisk(16 * mebi)
  await using spool = await Spool.open({
    ...{ directory: join(disk.path, 'spool'), sink: 'hook', clock: hastyClock, log: () => {}, maxBytes: 64 * mebi },
    lock: path => acquireLock(path, { runId: 'test', command: 'ship-logs', clock: hastyClock }),
  })
  await spool.demandRoom(mebi)
  const ballast = join(disk.path, 'ballast')
  writeFileSync(ballast, new Uint8Array(7 * mebi))
  await expect(spool.demandRoom(mebi)).rejects.toMatchObject({ code: 'E_STATE' })
  rmSync(ballast)
  await spool.demandRoom(mebi)
})

describe.skipIf(!needs('mount'))('a sink that was down, on a disk that its spool had filled', () => {
  /** Half a mebibyte each. */
  const chunkRecords = 20_000
  const chunks = 16

  /** Offers all while nothing is taken, until there is no room for more. */
  async function filled(ordeal: Ordeal): Promise<void> {
    for (let chunk = 0; chunk < chunks; chunk++)
      ordeal.lane.offer(chunkOf(chunk * chunkRecords, (chunk + 1) * chunkRecords, { isUnique: true }))
    await poll('the disk is full', 10_000, () => ordeal.log.some(line => line.startsWith('the disk takes nothing')))
  }

  test('gets all of it, also what there never was room for', async () => {
    await using disk = await tinyDisk(14 * mebi)
    let isDown = true
    const taken: number[] = []
    const answer: Answer = parcels => {
      if (isDown) return { result: 'later', message: '503' }
      taken.push(...numbersIn(parcels))
      return { result: 'delivered' }
    }
    await using ordeal = await Ordeal.begin({ directory: disk.path, answer, limits: { bytes: mebi, records: 1e6 } })
    await filled(ordeal)
    isDown = false
    await ordeal.lane.drained()
    expect(taken).toEqual(Array.from({ length: chunks * chunkRecords }, (_, number) => number))
    expect(ordeal.ledger).toMatchObject({ delivered: chunks * chunkRecords, spooled: 0, dropped: 0 })
  })

  test('gives the room of what it got to what still waits for some', async () => {
    await using disk = await tinyDisk(14 * mebi)
    let mayTake = 0
    const answer: Answer = parcels => {
      const { length } = numbersIn(parcels)
      if (mayTake < length) return { result: 'later', message: '503' }
      mayTake -= length
      return { result: 'delivered' }
    }
    const limits = { bytes: mebi, records: chunkRecords }
    await using ordeal = await Ordeal.begin({ directory: disk.path, answer, limits, maxSpoolBytes: 16 * mebi })
    await filled(ordeal)
    const before = ordeal.ledger?.spooled ?? 0
    mayTake = before - chunkRecords
    await poll('more is put by', 10_000, () => (ordeal.ledger?.records ?? 0) > before)
    expect(ordeal.ledger).toSatisfy(row => row !== undefined && isBalanced(row))
  })
})
