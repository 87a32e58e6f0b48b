import { describe, expect, test } from 'bun:test'
import { appendFile, readdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Json } from '../../../src/lib/core/json.ts'
import type { OpenSink } from '../../../src/lib/core/sink.ts'
import fileSink from '../../../src/lib/logs/sinks/file.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { tinyDisk } from '../../helpers/tiny-disk.ts'
import { built, parcel, send, sinkPlace } from './sink-place.ts'

const open = (
  dir: TempDir,
  { state, ...config }: { readonly state?: Json | undefined; readonly [key: string]: Json | undefined } = {},
) => built(fileSink, { path: 'out.ndjson', ...(config as Json & object) }).open(sinkPlace({ cwd: dir.path, state }))
const text = (dir: TempDir, name = 'out.ndjson'): Promise<string> => readFile(join(dir.path, name), 'utf8')
const stateOf = async (sink: OpenSink, id: string): Promise<Json | undefined> => {
  const receipt = await send(sink, [parcel(id, { id })])
  if (receipt.result !== 'delivered') throw new Error(receipt.message)
  return receipt.state
}
const visible = async (dir: TempDir): Promise<string[]> => (await readdir(dir.path)).filter(name => !name.startsWith('.')).sort()

describe('the file sink', () => {
  test('writes records as they are, for nobody else to read', async () => {
    await using dir = await tempDir()
    await using sink = await open(dir)
    const receipts = await Promise.all(['a', 'b', 'c'].map(id => send(sink, [parcel(id, { message: `zwei\nZeilen ${id} ✓` })])))
    expect(receipts.map(({ result }) => result)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(await text(dir)).toBe(['a', 'b', 'c'].map(id => `{"message":"zwei\\nZeilen ${id} ✓"}\n`).join(''))
    expect((await stat(join(dir.path, 'out.ndjson'))).mode & 0o777).toBe(0o600)
  })

  test('cuts off what was not acknowledged, so that it is there once when it comes again', async () => {
    await using dir = await tempDir()
    let state: Json | undefined
    {
      await using sink = await open(dir)
      state = await stateOf(sink, 'a')
      await stateOf(sink, 'b')
    }
    await appendFile(join(dir.path, 'out.ndjson'), '{"id":"tor')
    await using sink = await open(dir, { state })
    await stateOf(sink, 'b')
    expect(await text(dir)).toBe('{"id":"a"}\n{"id":"b"}\n')
  })

  test('begins behind what was there before it, and says so before it writes', async () => {
    await using dir = await tempDir()
    await writeFile(join(dir.path, 'out.ndjson'), 'older\n')
    let state: Json | undefined
    {
      await using sink = await open(dir)
      state = sink.state
      await stateOf(sink, 'a')
    }
    await using sink = await open(dir, { state })
    await stateOf(sink, 'a')
    expect(await text(dir)).toBe('older\n{"id":"a"}\n')
  })

  test.each([
    ['is shorter than acknowledged', async (path: string) => truncate(path, 3), '{"i'],
    [
      'is another one',
      async (path: string) => {
        await rename(path, `${path}.kept`)
        await writeFile(path, 'of somebody else, and longer than that\n')
      },
      'of somebody else, and longer than that\n',
    ],
  ])('never cuts a file that %s', async (_, change, left) => {
    await using dir = await tempDir()
    let state: Json | undefined
    {
      await using sink = await open(dir)
      state = await stateOf(sink, 'a')
    }
    await change(join(dir.path, 'out.ndjson'))
    await using sink = await open(dir, { state })
    await stateOf(sink, 'b')
    expect(await text(dir)).toBe('{"id":"b"}\n')
    const aside = (await visible(dir)).find(name => name.includes('aside')) ?? ''
    expect(await text(dir, aside)).toBe(left)
  })

  test.each(['', 'older\n'])('keeps what somebody else wrote behind what it left in good order, behind %j', async older => {
    await using dir = await tempDir()
    const path = join(dir.path, 'out.ndjson')
    if (older) await writeFile(path, older)
    let state: Json | undefined
    {
      await using sink = await open(dir)
      state = await stateOf(sink, 'a')
    }
    await appendFile(path, 'of somebody else\n')
    {
      await using sink = await open(dir, { state })
      state = await stateOf(sink, 'b')
    }
    expect(await text(dir)).toBe(`${older}{"id":"a"}\nof somebody else\n{"id":"b"}\n`)
    // Not acknowledged, as far as the state knows.
    {
      await using sink = await open(dir, { state })
      await stateOf(sink, 'c')
    }
    await using sink = await open(dir, { state })
    await stateOf(sink, 'c')
    expect(await text(dir)).toBe(`${older}{"id":"a"}\nof somebody else\n{"id":"b"}\n{"id":"c"}\n`)
  })

  test('goes on in another file when its pipeline names another, and leaves the first as it is', async () => {
    await using dir = await tempDir()
    let state: Json | undefined
    {
      await using sink = await open(dir)
      state = await stateOf(sink, 'a')
    }
    await appendFile(join(dir.path, 'out.ndjson'), 'of another sink by now\n')
    await using sink = await open(dir, { state, path: 'elsewhere.ndjson' })
    await stateOf(sink, 'b')
    expect(await text(dir, 'elsewhere.ndjson')).toBe('{"id":"b"}\n')
    expect(await text(dir)).toBe('{"id":"a"}\nof another sink by now\n')
  })

  test('is the only one that writes there', async () => {
    await using dir = await tempDir()
    await using _first = await open(dir)
    expect(open(dir)).rejects.toThrow('archive')
  })

  test.each([
    ['gzip', '.gz', gunzipSync],
    ['zstd', '.zst', zstdDecompressSync],
  ])(
    'rolls by size and packs what is done: %s',
    async (compress, ending, unpack) => {
      await using dir = await tempDir()
      await using sink = await open(dir, { size: '10', compress })
      await stateOf(sink, 'a')
      const state = await sink.tend?.()
      expect(state).toMatchObject({ bytes: 0 })
      const packed = await poll('the packed file', 10_000, async () => {
        await sink.tend?.()
        const names = await visible(dir)
        return names.find(name => name.endsWith(ending) && !names.includes(name.slice(0, -ending.length)))
      })
      expect(String(unpack(await readFile(join(dir.path, String(packed)))))).toBe('{"id":"a"}\n')
    },
    60_000,
  )

  test('keeps as many as it is told to', async () => {
    await using dir = await tempDir()
    await using sink = await open(dir, { size: '1', keep: 2 })
    for (const id of 'abcde') {
      await stateOf(sink, id)
      await sink.tend?.()
    }
    await poll('the oldest are gone', 10_000, async () => {
      await sink.tend?.()
      return (await visible(dir)).length === 3
    })
    const all = await Promise.all((await visible(dir)).map(name => text(dir, name)))
    expect(all.sort()).toEqual(['', '{"id":"d"}\n', '{"id":"e"}\n'])
  }, 60_000)

  test('has another name when the day is another one', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    const sink = await built(fileSink, { path: 'out-%Y-%m-%d.ndjson' }).open(sinkPlace({ cwd: dir.path, clock }))
    await stateOf(sink, 'a')
    await clock.advance(24 * 3600 * 1000)
    expect(await sink.tend?.()).toMatchObject({ bytes: 0 })
    await stateOf(sink, 'b')
    await sink[Symbol.asyncDispose]()
    expect(await visible(dir)).toEqual(['out-2026-03-29.ndjson', 'out-2026-03-30.ndjson'])
  })

  test('leaves files of others alone, whatever they are called', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    const day = 24 * 3600 * 1000
    const others = {
      '2019-01-01.ndjson': 'the accounts\n',
      '2019-01-02.ndjson.gz': 'packed by others\n',
      // What ours of the first day would be packed to.
      '2026-03-29.ndjson.gz': 'of others as well\n',
      // What ours of the third day is to be: it is gone on with, and stays theirs.
      '2026-03-31.ndjson': 'begun by others\n',
    }
    for (const [name, content] of Object.entries(others)) await writeFile(join(dir.path, name), content)
    let state: Json | undefined
    for (let n = 0; n < 7; n++) {
      const sink = built(fileSink, { path: '%Y-%m-%d.ndjson', compress: 'gzip', keep: 2 })
      await using opened = await sink.open(sinkPlace({ cwd: dir.path, clock, state }))
      await stateOf(opened, `n${n}`)
      await clock.advance(day)
      state = await opened.tend?.()
      const own = [
        '2026-03-29.ndjson',
        '2026-03-30.ndjson',
        '2026-04-01.ndjson',
        '2026-04-02.ndjson',
        '2026-04-03.ndjson',
        '2026-04-04.ndjson',
      ]
      await poll('ours are packed or gone', 10_000, async () => {
        await clock.advance(61_000)
        await opened.tend?.()
        const left = (await visible(dir)).filter(name => own.some(each => name.startsWith(each)))
        const active = `${new Date(clock.now()).toISOString().slice(0, 10)}.ndjson`
        return left.filter(name => name !== active && name !== '2026-03-29.ndjson.gz').length <= 2
      })
    }
    const left = await visible(dir)
    expect(left).toEqual([
      '2019-01-01.ndjson',
      '2019-01-02.ndjson.gz',
      '2026-03-29.ndjson.gz',
      '2026-03-31.ndjson',
      '2026-04-03.ndjson.gz',
      '2026-04-04.ndjson.gz',
      '2026-04-05.ndjson',
    ])
    for (const [name, content] of Object.entries(others))
      expect(await text(dir, name)).toBe(name === '2026-03-31.ndjson' ? `${content}{"id":"n2"}\n` : content)
  }, 60_000)

  test('begins a new file where others moved it away', async () => {
    await using dir = await tempDir()
    await using sink = await open(dir)
    await stateOf(sink, 'a')
    await rename(join(dir.path, 'out.ndjson'), join(dir.path, 'out.ndjson.1'))
    expect(await sink.tend?.()).toMatchObject({ bytes: 0 })
    await stateOf(sink, 'b')
    expect([await text(dir, 'out.ndjson.1'), await text(dir)]).toEqual(['{"id":"a"}\n', '{"id":"b"}\n'])
  })

  test.skipIf(!needs('mount'))(
    'waits while the disk is full, and leaves no part and no double behind',
    async () => {
      await using disk = await tinyDisk(64 * 1024)
      await using sink = await open(disk)
      await writeFile(join(disk.path, 'ballast'), Buffer.alloc(40 * 1024))
      const large = (id: string) => parcel(id, { id, filler: 'x'.repeat(12 * 1024) })
      const ids = ['a', 'b', 'c']
      const receipts = await Promise.all(ids.map(id => send(sink, [large(id)])))
      expect(receipts.some(({ result }) => result === 'later')).toBe(true)
      expect(receipts.map(each => ('message' in each ? each.message : ''))).toContain('the disk is full (ENOSPC)')
      await truncate(join(disk.path, 'ballast'), 0)
      const open_ = ids.filter((_, index) => receipts[index]?.result === 'later')
      // Whatever order they come again in: they are written in the first one.
      const again = await Promise.all(open_.toReversed().map(id => send(sink, [large(id)])))
      expect(again.map(({ result }) => result)).toEqual(open_.map(() => 'delivered'))
      const lines = (await text(disk)).trimEnd().split('\n')
      expect(lines.map(line => JSON.parse(line).id)).toEqual(ids)
    },
    60_000,
  )

  test('has every record once, in its order, however often its process is killed', async () => {
    await using dir = await tempDir()
    let last: { next: number; state?: Json } = { next: 0 }
    for (let round = 0; round < 12; round++) {
      const argv = [dir.path, String(last.next), JSON.stringify(last.state ?? null)]
      const child = Bun.spawn([process.execPath, join(import.meta.dirname, 'file-writer.ts'), ...argv], { stdout: 'pipe' })
      let left = 1 + ((round * 37) % 60)
      let told = ''
      for await (const chunk of child.stdout) {
        told += new TextDecoder().decode(chunk)
        left -= told.split('\n').length
        if (left <= 0) child.kill('SIGKILL')
      }
      await child.exited
      const whole = told.slice(0, told.lastIndexOf('\n')).split('\n')
      last = JSON.parse(whole.at(-1) ?? '')
    }
    await using _sink = await open(dir, { state: last.state })
    const numbers: number[] = []
    for (const name of await visible(dir))
      for (const line of (await text(dir, name)).split('\n')) if (line) numbers.push(JSON.parse(line).number)
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: last.next }, (_, index) => index))
    expect(last.next).toBeGreaterThan(12)
  }, 120_000)
})
