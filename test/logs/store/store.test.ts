import { expect, test } from 'bun:test'
import { appendFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Store } from '../../../src/lib/logs/store/store.ts'
import { needs } from '../../helpers/needs.ts'
import { tinyDisk } from '../../helpers/tiny-disk.ts'

const advance = (to: number) => ({
  sink: 'out',
  advances: [{ stream: 'a', source: 'web', safe: to, delivered: to, counts: { records: 1, delivered: 1 } }],
  // A page and more each time, so that the log of the database has to grow.
  state: 'x'.repeat(5000),
})

test.skipIf(!needs('mount'))('what is delivered can be remembered on a disk that something else has filled', async () => {
  await using disk = await tinyDisk(4 * 1024 * 1024)
  const path = join(disk.path, 'state.db')
  using store = new Store(path)
  expect(existsSync(`${path}.reserve`)).toBe(true)
  const ballast = join(disk.path, 'ballast')
  const fill = (): void => {
    for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2))
      for (;;) {
        try {
          appendFileSync(ballast, new Uint8Array(size))
        } catch {
          break
        }
      }
  }
  fill()
  for (let to = 1; to <= 50; to++) store.commit(advance(to))
  expect(store.places('a').get('out')).toMatchObject({ delivered: 50 })
  // It is given up once: then the disk is full for the store too, until there is room.
  expect(existsSync(`${path}.reserve`)).toBe(false)
  fill()
  expect(() => {
    for (let to = 51; to <= 1000; to++) store.commit(advance(to))
  }).toThrow('can not be written')
  rmSync(ballast)
  store.reserve()
  store.commit(advance(2000))
  expect(existsSync(`${path}.reserve`)).toBe(true)
  expect(store.places('a').get('out')).toMatchObject({ delivered: 2000 })
})
