import { expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Spool } from '../../../src/lib/logs/delivery/spool.ts'
import { acquireLock } from '../../../src/lib/run/lock.ts'
import { needs } from '../../helpers/needs.ts'
import { tinyDisk } from '../../helpers/tiny-disk.ts'
import { hastyClock } from './ordeal.ts'

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
