import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFromHost } from '../../src/lib/copy/from-host.ts'
import { readLocalTree } from '../../src/lib/copy/local-tree.ts'
import { copyToHost, type Delivery } from '../../src/lib/copy/to-host.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'
import { hostWith, toolboxes } from './toolbox.ts'
import { visitOf } from './visit.ts'

const tools = toolboxes[0]?.tools ?? []
const bigBytes = 100 * 1024 * 1024
const { signal } = new AbortController()

async function deliveryOf(cwd: string, source: string, more: Partial<Delivery> = {}): Promise<Delivery> {
  const entries = await readLocalTree([source], { cwd, signal })
  return { entries, destination: 'srv/', needsDirectory: true, dryRun: false, timeoutMs: 30_000, ...more }
}

/** A large file here and an older one at its destination. */
async function bigCopy(directory: string) {
  await writeFile(join(directory, 'dump.sql'), '')
  await truncate(join(directory, 'dump.sql'), bigBytes)
  const host = await hostWith(tools, directory)
  const there = join(host.home, 'srv')
  await mkdir(there)
  await writeFile(join(there, 'dump.sql'), 'old')
  return { host, there, delivery: await deliveryOf(directory, 'dump.sql') }
}

const untouched = async (there: string): Promise<void> => {
  expect(await readdir(there)).toEqual(['dump.sql'])
  expect(await readFile(join(there, 'dump.sql'), 'utf8')).toBe('old')
}

describe('a copy to a host that is cut short', () => {
  test('by an interrupt leaves the old file and nothing else', async () => {
    await using directory = await tempDir()
    const { host, there, delivery } = await bigCopy(directory.path)
    const stop = new AbortController()
    const copying = copyToHost(visitOf(host, stop.signal), delivery, systemClock).catch(error => error)
    await poll('the copy is under way', 10_000, async () => (await readdir(there)).some(name => name.startsWith('.opsctl-')))
    stop.abort(new Error('interrupted'))
    expect(await copying).toMatchObject({ name: 'TransportError', reason: 'cancelled' })
    await untouched(there)
  })

  test('by its time limit leaves the old file and nothing else', async () => {
    await using directory = await tempDir()
    const { host, there, delivery } = await bigCopy(directory.path)
    const copying = copyToHost(visitOf(host), { ...delivery, timeoutMs: 100 }, systemClock)
    await expect(copying).rejects.toMatchObject({ reason: 'timeout' })
    await untouched(there)
  })

  test('by a file that changes here leaves the old file and nothing else', async () => {
    await using directory = await tempDir()
    const { host, there, delivery } = await bigCopy(directory.path)
    await truncate(join(directory.path, 'dump.sql'), 1000)
    await expect(copyToHost(visitOf(host), delivery, systemClock)).rejects.toThrow('dump.sql changed while it was read')
    await untouched(there)
    await writeFile(join(directory.path, 'dump.sql'), 'xyz')
    const small = await deliveryOf(directory.path, 'dump.sql')
    await writeFile(join(directory.path, 'dump.sql'), 'abc')
    await expect(copyToHost(visitOf(host), small, systemClock)).rejects.toThrow(':srv/dump.sql: a SHA-256 there differs')
    await untouched(there)
  })

  test.skipIf(!needs('mount'))('by a full disk says so and leaves the old file and nothing else', async () => {
    await using directory = await tempDir()
    await using disk = await tinyDisk(1024 * 1024)
    const { host, delivery } = await bigCopy(directory.path)
    await writeFile(join(disk.path, 'dump.sql'), 'old')
    const copying = copyToHost(visitOf(host), { ...delivery, destination: disk.path }, systemClock)
    await expect(copying).rejects.toThrow('could not receive the files: no space left on the device')
    await untouched(disk.path)
  })
})

describe('a copy from a host that is cut short', () => {
  test('by an interrupt leaves the old file and nothing else', async () => {
    await using directory = await tempDir()
    const { host } = await bigCopy(directory.path)
    await truncate(join(host.home, 'srv/dump.sql'), bigBytes)
    const base = join(directory.path, 'dumps')
    await mkdir(base)
    await writeFile(join(base, 'dump.sql'), 'old')
    const stop = new AbortController()
    const collection = { base, sources: ['srv/dump.sql'], dryRun: false, timeoutMs: 30_000 }
    const copying = copyFromHost(visitOf(host, stop.signal), collection).catch(error => error)
    await poll('the copy is under way', 10_000, async () => (await readdir(base)).some(name => name.startsWith('.opsctl-')))
    stop.abort(new Error('interrupted'))
    expect(await copying).toMatchObject({ name: 'TransportError', reason: 'cancelled' })
    await untouched(base)
  })

  test.skipIf(!needs('mount'))(
    'by a full disk here is an error of the output and leaves the old file and nothing else',
    async () => {
      await using directory = await tempDir()
      await using disk = await tinyDisk(1024 * 1024)
      const { host } = await bigCopy(directory.path)
      await truncate(join(host.home, 'srv/dump.sql'), bigBytes)
      await writeFile(join(disk.path, 'dump.sql'), 'old')
      const collection = { base: disk.path, sources: ['srv/dump.sql'], dryRun: false, timeoutMs: 30_000 }
      await expect(copyFromHost(visitOf(host), collection)).rejects.toMatchObject({
        code: 'E_OUTPUT',
        message: expect.stringMatching(/cannot write .*dump\.sql: ENOSPC/),
      })
      await untouched(disk.path)
    },
  )
})
