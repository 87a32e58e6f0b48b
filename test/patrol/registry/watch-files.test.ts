import { describe, expect, test } from 'bun:test'
import { mkdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { printOf, watchFiles } from '../../../src/lib/patrol/registry/watch-files.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { poll } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

/** Watches a file `all.yaml` and one that is not there yet; lets looks pass by the clock. */
async function watched(meanwhile: (path: string) => Promise<void> = async () => {}) {
  const dir = await tempDir()
  const path = join(dir.path, 'all.yaml')
  await writeFile(path, 'checks: [one]\n')
  const clock = new FakeClock(Date.now())
  let changes = 0
  let looks = 0
  let isAway = false
  const context = { clock, paths: { cwd: dir.path, state: '', home: undefined, config: [] } }
  const files = async () => {
    looks++
    if (isAway) throw new Error('the directory can not be read')
    return ['all.yaml', 'late.yaml']
  }
  const before = await printOf(context, files)
  await meanwhile(path)
  const watch = watchFiles(context, { files, before, onChange: () => void changes++ })
  const look = async (times = 1): Promise<void> => {
    for (let count = 0; count < times; count++) {
      const before = looks
      await poll('it has looked', 10_000, () => clock.timers > 0)
      await clock.advance(2000)
      await poll('it looks', 10_000, () => looks > before)
    }
    await poll('it has looked', 10_000, () => clock.timers > 0)
  }
  await look(2)
  return {
    ...{ dir, path, look },
    changes: () => changes,
    setAway: (value: boolean) => {
      isAway = value
    },
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

describe('files of checks that are watched', () => {
  test('are told of once, when they stay the same for two looks', async () => {
    await using files = await watched()
    for (let time = 0; time < 3; time++) {
      await writeFile(files.path, `checks: [${'one, '.repeat(time + 1)}two]\n`)
      await files.look()
      expect(files.changes()).toBe(0)
    }
    await files.look()
    expect(files.changes()).toBe(1)
    await files.look(3)
    expect(files.changes()).toBe(1)
  })

  test('are told of when they changed while they were read for the first time', async () => {
    for (const file of ['all.yaml', 'late.yaml']) {
      await using files = await watched(path => writeFile(join(path, '..', file), 'checks: [dropped]\n'))
      await files.look(2)
      expect(files.changes()).toBe(1)
    }
  })

  test('are told of when another file takes the place of one, as editors do it', async () => {
    await using files = await watched()
    await writeFile(`${files.path}~`, 'checks: [two]\n')
    const { atime, mtime } = await stat(files.path)
    await utimes(`${files.path}~`, atime, mtime)
    await rename(`${files.path}~`, files.path)
    await files.look(2)
    expect(files.changes()).toBe(1)
  })

  test('are told of when their content is another, though size and time are the same', async () => {
    await using files = await watched()
    const { atime, mtime } = await stat(files.path)
    await writeFile(files.path, 'checks: [two]\n')
    await utimes(files.path, atime, mtime)
    await files.look(2)
    expect(files.changes()).toBe(1)
  })

  test('are told of when they come and when they go', async () => {
    await using files = await watched()
    await writeFile(join(files.dir.path, 'late.yaml'), 'checks: [late]\n')
    await files.look(2)
    await rm(join(files.dir.path, 'late.yaml'))
    await files.look(2)
    await mkdir(join(files.dir.path, 'late.yaml'))
    await files.look(2)
    expect(files.changes()).toBe(3)
  })

  test('are told of when nobody can say which there are, and when one can again', async () => {
    await using files = await watched()
    files.setAway(true)
    await files.look(4)
    expect(files.changes()).toBe(1)
    files.setAway(false)
    await files.look(4)
    expect(files.changes()).toBe(2)
  })
})
