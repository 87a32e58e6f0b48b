import { describe, expect, test } from 'bun:test'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { tempDir } from '../../../helpers/temp-dir.ts'
import { Follower, type FollowerOptions, Memory } from './follower.ts'

const waits = 60_000

/** A directory of logs, and followers of it that share their memory. */
async function logs(params: FollowerOptions['params'] = { paths: ['*.log'] }, options: Partial<FollowerOptions> = {}) {
  const directory = await tempDir()
  const memory = new Memory()
  const at = (name: string): string => `${directory.path}/${name}`
  return {
    memory,
    at,
    follow: (more: Partial<FollowerOptions> = {}) => new Follower({ memory, cwd: directory.path, params, ...options, ...more }),
    once: async (more: Partial<FollowerOptions> = {}) => {
      const follower = new Follower({ memory, cwd: directory.path, params, ...options, follow: false, ...more })
      await follower.ended
      return follower
    },
    write: (name: string, text: string | Uint8Array) => writeFileSync(at(name), text),
    append: (name: string, text: string) => appendFileSync(at(name), text),
    rename: (from: string, to: string) => renameSync(at(from), at(to)),
    copy: (from: string, to: string) => copyFileSync(at(from), at(to)),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('')
const lines = (from: number, to: number): string[] => numbered(from, to).split('\n').slice(0, -1)

describe('files that are read once', () => {
  test.each([
    ['that was named is not there', { paths: ['a.log', 'none.log'] }, /none\.log: there is no such file$/],
    [
      'is compressed by what is not read here, which is told',
      { paths: ['*.log'] },
      /b\.log: it is compressed by xz.*`xz -dc FILE/,
    ],
  ])('have failed where one %s, and the others are read all the same', async (_, params, failure) => {
    await using dir = await logs(params)
    dir.write('a.log', 'one\n')
    dir.write('b.log', Buffer.from('\xfd7zXZ\0\0\x04', 'latin1'))
    const follower = dir.follow({ follow: false })
    expect(await follower.ended.catch(String)).toMatch(failure)
    expect(follower.lines).toEqual(['one'])
    expect(follower.logged.filter(text => text.includes('tried again'))).toEqual([])
  })
})

describe('a file that is followed', () => {
  test(
    'gives what is there and what comes, whole lines only',
    async () => {
      await using dir = await logs()
      dir.write('a.log', 'one\ntw')
      await using follower = dir.follow()
      await follower.has('one')
      dir.append('a.log', 'o\nthree\n')
      await follower.has('one', 'two', 'three')
      dir.write('b.log', 'four\n')
      await follower.has('one', 'two', 'three', 'four')
    },
    waits,
  )

  test(
    'goes on after a restart behind the last line that was taken',
    async () => {
      await using dir = await logs()
      dir.write('a.log', 'one\ntw')
      await using first = dir.follow()
      await first.has('one')
      await first.stop()
      dir.append('a.log', 'o\n')
      await using second = dir.follow()
      await second.has('two')
    },
    waits,
  )

  test(
    'is read to its end when it is renamed and made anew',
    async () => {
      await using dir = await logs()
      dir.write('a.log', numbered(0, 10))
      await using follower = dir.follow()
      await follower.has(...lines(0, 10))
      dir.rename('a.log', 'a.log.1')
      dir.append('a.log.1', numbered(10, 12))
      dir.write('a.log', numbered(12, 20))
      await follower.has(...lines(0, 20))
      // Its writer was not told yet.
      dir.append('a.log.1', 'late\n')
      await follower.has(...lines(0, 20), 'late')
      expect(follower.gaps).toEqual([])
    },
    waits,
  )

  test(
    'is read to its end when it is deleted, and ends',
    async () => {
      await using dir = await logs()
      dir.write('a.log', 'one\n')
      await using follower = dir.follow()
      await follower.has('one')
      appendFileSync(dir.at('a.log'), 'two\nthr')
      unlinkSync(dir.at('a.log'))
      dir.write('a.log', 'four\n')
      await follower.until('all', () => follower.lines.length === 4)
      expect(follower.lines.toSorted()).toEqual(['four', 'one', 'thr', 'two'])
      await follower.until('its end', () => follower.ends.length === 1)
      expect(follower.gaps).toEqual([])
      expect(dir.memory.streams.size).toBe(1)
    },
    waits,
  )

  test(
    'is read anew when it is truncated',
    async () => {
      await using dir = await logs()
      dir.write('a.log', numbered(0, 100))
      await using follower = dir.follow()
      await follower.has(...lines(0, 100))
      truncateSync(dir.at('a.log'))
      dir.append('a.log', 'new\n')
      await follower.has(...lines(0, 100), 'new')
      expect(follower.ends.length).toBe(1)
    },
    waits,
  )

  test(
    'is read anew when it was truncated and grew larger than it was',
    async () => {
      await using dir = await logs()
      dir.write('a.log', `same beginning\n${numbered(0, 10)}`)
      await using follower = dir.follow()
      await follower.until('all', () => follower.lines.length === 11)
      dir.write('a.log', `same beginning\n${numbered(100, 130)}`)
      await follower.until('all of the new', () => follower.lines.length === 11 + 31)
      expect(follower.lines.slice(11)).toEqual(['same beginning', ...lines(100, 130)])
    },
    waits,
  )

  test.each(['a.log.1', 'old-a.log'])(
    'is not read twice when it is copied to %s and truncated',
    async copy => {
      await using dir = await logs({ paths: ['a.log*', '*.log'] })
      dir.write('a.log', numbered(0, 500))
      await using follower = dir.follow()
      await follower.has(...lines(0, 500))
      // Not read before the truncation: only the copy has it.
      appendFileSync(dir.at('a.log'), numbered(500, 510))
      dir.copy('a.log', copy)
      truncateSync(dir.at('a.log'))
      dir.append('a.log', numbered(510, 520))
      await follower.until('all', () => follower.lines.length >= 520)
      expect(follower.lines.toSorted()).toEqual(lines(0, 520).toSorted())
      expect(follower.gaps).toEqual([])
    },
    waits,
  )

  test(
    'follows a link to another file',
    async () => {
      await using dir = await logs()
      mkdirSync(dir.at('real'))
      dir.write('real/1', 'one\n')
      symlinkSync('real/1', dir.at('current.log'))
      symlinkSync('real/1', dir.at('same.log'))
      await using follower = dir.follow()
      await follower.has('one')
      dir.append('real/1', 'two\n')
      await follower.has('one', 'two')
      dir.write('real/2', 'three\n')
      symlinkSync('real/2', dir.at('next'))
      dir.rename('next', 'current.log')
      unlinkSync(dir.at('same.log'))
      await follower.has('one', 'two', 'three')
    },
    waits,
  )

  test(
    'that comes, goes, and has a directory or pipe in its place is told once and read when it is there',
    async () => {
      await using dir = await logs({ paths: ['a.log'], poll: '50ms' })
      await using follower = dir.follow()
      await follower.until('told', () => follower.logged.some(text => text.includes('no such file')))
      mkdirSync(dir.at('a.log'))
      await follower.until('told', () => follower.logged.some(text => text.includes('directory')))
      rmSync(dir.at('a.log'), { recursive: true })
      Bun.spawnSync(['mkfifo', dir.at('a.log')])
      await follower.until('told', () => follower.logged.some(text => text.includes('no file')))
      unlinkSync(dir.at('a.log'))
      dir.write('a.log', 'one\n')
      await follower.has('one')
      unlinkSync(dir.at('a.log'))
      await follower.until('its end', () => follower.ends.length === 1)
      dir.write('a.log', 'two\n')
      await follower.has('one', 'two')
    },
    waits,
  )
})

describe('what changed while nothing ran', () => {
  test('a file that was rotated several times is read to its end, the oldest first', async () => {
    await using dir = await logs()
    dir.write('a.log', numbered(0, 10))
    expect((await dir.once()).lines).toEqual(lines(0, 10))
    dir.append('a.log', numbered(10, 15))
    dir.rename('a.log', 'a.log.2')
    dir.write('a.log.1', numbered(15, 20))
    dir.write('a.log', numbered(20, 25))
    const { lines: found, gaps } = await dir.once({ params: { paths: ['a.log', 'a.log.1'] } })
    expect(found.toSorted()).toEqual(lines(10, 25).toSorted())
    expect(found.slice(0, 5)).toEqual(lines(10, 15))
    expect(gaps).toEqual([])
  })

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('the rest of a file that was compressed by %s is read out of that, and nothing twice', async (_, compress) => {
    await using dir = await logs({ paths: ['a.log*'] })
    dir.write('a.log', numbered(0, 300))
    expect((await dir.once()).lines).toEqual(lines(0, 300))
    dir.append('a.log', numbered(300, 305))
    dir.write('a.log.1.gz', compress(readFileSync(dir.at('a.log'))))
    unlinkSync(dir.at('a.log'))
    dir.write('a.log', numbered(305, 310))
    expect((await dir.once()).lines).toEqual(lines(300, 310))
    dir.rename('a.log.1.gz', 'a.log.2.gz')
    const last = await dir.once()
    expect(last.lines).toEqual([])
    expect(last.gaps).toEqual([])
  })

  test('an inode that was used again is another file', async () => {
    await using dir = await logs()
    dir.write('a.log', numbered(0, 10))
    await dir.once()
    for (const row of dir.memory.streams.values()) {
      // As if this inode had been that of an older file.
      Object.assign(row, { identity: { ...Object(row.identity), born: '1', hash: '0' } })
    }
    const { lines: found, gaps, ends } = await dir.once()
    expect(found).toEqual(lines(0, 10))
    expect(gaps).toEqual([{ reason: 'gone or written anew while nothing was running' }])
    expect(ends.length).toBe(1)
  })

  test('a file that was truncated and is smaller, or larger, is read anew, and the loss is told', async () => {
    for (const count of [3, 30]) {
      await using dir = await logs()
      dir.write('a.log', numbered(0, 10))
      await dir.once()
      dir.write('a.log', numbered(100, 100 + count))
      const { lines: found, gaps } = await dir.once()
      expect(found).toEqual(lines(100, 100 + count))
      expect(gaps.length).toBe(1)
    }
  })

  test('the rest of a file that was copied and truncated is read out of the copy', async () => {
    await using dir = await logs({ paths: ['a.log*'] })
    dir.write('a.log', numbered(0, 10))
    await dir.once()
    dir.append('a.log', numbered(10, 12))
    dir.copy('a.log', 'a.log.1')
    dir.write('a.log', numbered(12, 15))
    const { lines: found, gaps } = await dir.once()
    expect(found).toEqual(lines(10, 15))
    expect(gaps).toEqual([])
  })

  test('what was under way is cut as it was', async () => {
    await using dir = await logs()
    dir.write('a.log', numbered(0, 10))
    await dir.once({ params: { paths: ['a.log'] } })
    const [row] = dir.memory.streams.values()
    if (row === undefined) throw new Error('nothing remembered')
    const { at } = row
    dir.append('a.log', numbered(10, 20))
    Object.assign(row, { sending: at + 16 })
    const { ranges, lines: found } = await dir.once()
    expect(found).toEqual(lines(10, 20))
    expect(ranges.map(({ from, to }) => [from, to])).toEqual([
      [at, at + 16],
      [at + 16, at + 80],
    ])
  })
})

for (const [what, params, framing] of [
  ['a line', { paths: ['*.log'], partial_after: '1s' }, {}],
  ['an event', { paths: ['*.log'] }, { multiline: { by: { line: 'indented' }, maxLines: 500, timeoutMs: 1000 } }],
] as const)
  test(
    `${what} that begins behind a long silence is waited for all the same`,
    async () => {
      await using dir = await logs(params, { framing })
      dir.write('app.log', 'one\n')
      await using follower = dir.follow()
      await follower.has('one')
      // So long nothing came that what is there would be at its end.
      const begun = performance.now()
      await follower.until('a silence', () => performance.now() - begun > 1500)
      const [begin, rest] = what === 'a line' ? ['tw', 'o\n'] : ['two\n', ' more\n']
      const { idles } = follower
      dir.append('app.log', begin)
      await follower.until('it is seen', () => follower.idles > idles)
      dir.append('app.log', rest)
      await follower.until('its end', () => follower.lines.length > 1)
      expect(follower.lines).toEqual(['one', ...`${begin}${rest}`.split('\n').slice(0, -1)])
      expect(follower.ranges).toHaveLength(2)
    },
    waits,
  )

test('files are begun at their end where that is asked for, and only at the first start', async () => {
  await using dir = await logs({ paths: ['*.log'], start: 'end' })
  dir.write('a.log', 'old\nhalf')
  await using first = dir.follow()
  await first.until('idle', () => first.idles > 0)
  dir.append('a.log', ' new\n')
  dir.write('b.log', 'other\n')
  await first.until('both', () => first.lines.length === 2)
  expect(first.lines.toSorted()).toEqual(['half new', 'other'])
}, 60_000)

test('more files than may be open are read and followed', async () => {
  await using dir = await logs({ paths: ['**/*.log'], max_open: 3, exclude: ['no.log', 'sub/x*'] })
  mkdirSync(dir.at('sub/deep'), { recursive: true })
  for (let index = 0; index < 10; index++) dir.write(`${index % 2 ? 'sub/deep/' : ''}${index}.log`, `${index}\n`)
  dir.write('no.log', 'no\n')
  dir.write('sub/x.log', 'no\n')
  await using follower = dir.follow()
  await follower.until('all', () => follower.lines.length === 10)
  for (let index = 0; index < 10; index++) dir.append(`${index % 2 ? 'sub/deep/' : ''}${index}.log`, `more ${index}\n`)
  await follower.until('all', () => follower.lines.length === 20)
  expect(follower.lines).not.toContain('no')
}, 60_000)
