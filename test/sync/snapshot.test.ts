import { describe, expect, test } from 'bun:test'
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { SealError } from '../../src/lib/sync/sealed-file.ts'
import { SnapshotFile } from '../../src/lib/sync/snapshot.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const revision = {
  revision: '1041',
  entries: new Map([
    ['nginx/workers', Buffer.from('4\n')],
    ['logo', Buffer.of(0xff, 0)],
  ]),
}

describe('a snapshot', () => {
  test('gives back every byte, the revision and when it was taken, and is for its owner alone', async () => {
    await using directory = await tempDir()
    const clock = new FakeClock()
    const file = new SnapshotFile({ directory: directory.path, source: 'etcd' })
    expect(await file.load()).toBeUndefined()
    await file.save(revision, clock)
    expect(await file.load()).toEqual({ ...revision, takenAt: clock.now() })
    expect((await stat(file.path)).mode & 0o777).toBe(0o600)
  })

  test('of another source is none', async () => {
    await using directory = await tempDir()
    await new SnapshotFile({ directory: directory.path, source: 'etcd' }).save(revision, new FakeClock())
    expect(await new SnapshotFile({ directory: directory.path, source: 'another' }).load()).toBeUndefined()
  })

  test('is refused when it was cut or edited anywhere', async () => {
    await using directory = await tempDir()
    const file = new SnapshotFile({ directory: directory.path, source: 'etcd' })
    await file.save(revision, new FakeClock())
    const whole = await readFile(file.path)
    for (let at = 0; at < whole.length; at += 7) {
      const edited = Buffer.from(whole)
      edited[at] = (edited[at] ?? 0) ^ 1
      await writeFile(file.path, edited)
      expect(await file.load().catch(error => error)).toBeInstanceOf(SealError)
      await writeFile(file.path, whole)
      await truncate(file.path, at)
      expect(await file.load().catch(error => error)).toBeInstanceOf(SealError)
    }
  })
})
