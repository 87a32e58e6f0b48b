import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { OutputStore } from '../../src/lib/core/output-store.ts'
import { SpillingOutputStore } from '../../src/lib/run/output-store.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

async function textOf(store: OutputStore, ref: Parameters<OutputStore['read']>[0]): Promise<string> {
  return Buffer.concat(await Array.fromAsync(store.read(ref))).toString('latin1')
}

describe('SpillingOutputStore', () => {
  test('holds small outputs in memory and makes no directory for them', async () => {
    await using dir = await tempDir()
    const directory = join(dir.path, 'run', 'outputs')
    await using store = new SpillingOutputStore({ directory })
    const writer = store.open('web01/stdout')
    expect(writer.write(Buffer.from('up 12 days\n'))).toBeUndefined()
    expect(writer.write(Buffer.from('load 0.1\n'))).toBeUndefined()
    const ref = await writer.close()
    expect(ref).toEqual({ id: 'web01/stdout', bytes: 20, sha256: sha256('up 12 days\nload 0.1\n') })
    expect(await textOf(store, ref)).toBe('up 12 days\nload 0.1\n')
    expect(existsSync(directory)).toBe(false)
  })

  test('gives an empty output the digest of nothing', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: dir.path })
    const ref = await store.open('web01/stderr').close()
    expect(ref).toEqual({ id: 'web01/stderr', bytes: 0, sha256: sha256('') })
    expect(await textOf(store, ref)).toBe('')
  })

  test('spills large outputs to private files that are gone at the end', async () => {
    await using dir = await tempDir()
    const directory = join(dir.path, 'outputs')
    const store = new SpillingOutputStore({ directory })
    const writer = store.open('db01/stdout')
    const dump = Buffer.alloc(300_000, 'INSERT INTO t VALUES (1);\n')
    for (let at = 0; at < dump.length; at += 32_768) await writer.write(dump.subarray(at, at + 32_768))
    const ref = await writer.close()
    expect(ref).toEqual({ id: 'db01/stdout', bytes: 300_000, sha256: sha256(dump) })
    expect(Buffer.concat(await Array.fromAsync(store.read(ref))).equals(dump)).toBe(true)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, '1'))).mode & 0o777).toBe(0o600)
    await store[Symbol.asyncDispose]()
    expect(existsSync(directory)).toBe(false)
  })

  test('spills small outputs too once all of them together exceed the budget, and releasing makes room again', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: dir.path, totalBytes: 1000 })
    const write = async (id: string) => {
      const writer = store.open(id)
      await writer.write(Buffer.alloc(400, id))
      return writer.close()
    }
    const refs = [await write('a'), await write('b'), await write('c')]
    expect(readdirSync(dir.path)).toEqual(['1'])
    for (const ref of refs) expect(await textOf(store, ref)).toBe(ref.id.repeat(400))
    for (const ref of refs) store.release(ref)
    await poll('the released spill file to go', 5000, () => readdirSync(dir.path).length === 0)
    await expect(Array.fromAsync(store.read(refs[0] as (typeof refs)[0]))).rejects.toMatchObject({ code: 'E_BUG' })
    await write('d')
    expect(readdirSync(dir.path)).toEqual([])
  })

  test('keeps the whole of an output where it was asked to, parents made and the former content gone, readable while it grows', async () => {
    await using dir = await tempDir()
    const keep = join(dir.path, 'out', 'web01.txt')
    const store = new SpillingOutputStore({ directory: join(dir.path, 'spill') })
    await Bun.write(keep, 'of an earlier run, and longer than the new one\n')
    const writer = store.open('web01/stdout', { keep })
    void writer.write(Buffer.from('starting\n'))
    await poll('the first line in the kept file', 5000, async () => (await readFile(keep, 'utf8')) === 'starting\n')
    void writer.write(Buffer.from('done\n'))
    const ref = await writer.close()
    expect(ref).toEqual({ id: 'web01/stdout', bytes: 14, sha256: sha256('starting\ndone\n'), file: keep })
    store.release(ref)
    expect(await textOf(store, ref)).toBe('starting\ndone\n')
    await store[Symbol.asyncDispose]()
    expect(await readFile(keep, 'utf8')).toBe('starting\ndone\n')
  })

  test('makes an empty file of a kept output that said nothing', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: join(dir.path, 'spill') })
    const keep = join(dir.path, 'web02.txt')
    await store.open('web02/stdout', { keep }).close()
    expect(await readFile(keep, 'utf8')).toBe('')
  })

  test('only counts and hashes what is discarded', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: dir.path })
    const writer = store.open('web01/stdout', { discard: true })
    for (let count = 0; count < 100; count++) expect(writer.write(Buffer.alloc(65_536, 'x'))).toBeUndefined()
    const ref = await writer.close()
    expect(ref).toMatchObject({ bytes: 6_553_600, sha256: sha256(Buffer.alloc(6_553_600, 'x')) })
    expect(await textOf(store, ref)).toBe('')
    expect(readdirSync(dir.path)).toEqual([])
  })

  test('holds a fast source back while the disk is at work, and keeps memory within its bounds', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: dir.path })
    const writer = store.open('log01/stdout')
    const piece = Buffer.alloc(32_768, 'GET / 200\n')
    let held = 0
    for (let count = 0; count < 1000; count++) {
      const pending = writer.write(piece)
      if (pending) held++
      await pending
    }
    expect((await writer.close()).bytes).toBe(32_768_000)
    expect(held).toBeGreaterThan(300)
  })

  test.skipIf(process.platform !== 'linux')(
    'needs few file descriptors for 500 hosts with two large streams each',
    async () => {
      await using dir = await tempDir()
      await using store = new SpillingOutputStore({ directory: dir.path, streamBytes: 1000, maxFiles: 64 })
      let most = 0
      let sampled = 0
      const write = async (id: string): Promise<string> => {
        const writer = store.open(id)
        for (let count = 0; count < 5; count++) {
          await writer.write(Buffer.alloc(1500, `${id}\n`))
          if (count === 3 && sampled++ % 10 === 0) most = Math.max(most, openUnder(dir.path))
        }
        return textOf(store, await writer.close())
      }
      const ids = Array.from({ length: 1000 }, (_, index) => `web${index % 500}/${index < 500 ? 'stdout' : 'stderr'}`)
      const texts = await Promise.all(ids.map(write))
      expect(texts.every((text, index) => text === Buffer.alloc(1500, `${ids[index]}\n`).toString().repeat(5))).toBe(true)
      expect(most).toBeGreaterThan(10)
      expect(most).toBeLessThanOrEqual(64)
    },
    60_000,
  )

  test('tells a full disk with the path to the piece that met it, to every later one and at the end', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: dir.path })
    const writer = store.open('web01/stdout', { keep: '/dev/full' })
    void writer.write(Buffer.from('lost\n'))
    const full = { code: 'E_OUTPUT', exit: 74, data: { path: '/dev/full', errno: 'ENOSPC' } }
    await expect(writer.close()).rejects.toMatchObject(full)
    await expect(Promise.resolve(writer.write(Buffer.from('more\n')))).rejects.toMatchObject(full)
    await expect(writer.close()).rejects.toMatchObject(full)
  })

  test.skipIf(!needs('mount'))('survives a full spill disk: the output that met it fails, the others do not', async () => {
    await using disk = await tinyDisk(128 * 1024)
    await using store = new SpillingOutputStore({ directory: join(disk.path, 'spill') })
    const big = store.open('db01/stdout')
    const write = async (): Promise<void> => {
      for (let count = 0; count < 20; count++) await big.write(Buffer.alloc(32_768, 'x'))
    }
    await expect(write()).rejects.toMatchObject({ code: 'E_OUTPUT', data: { errno: 'ENOSPC' } })
    const small = store.open('web01/stdout')
    await small.write(Buffer.from('fine\n'))
    expect(await textOf(store, await small.close())).toBe('fine\n')
  })

  test('refuses to open an output twice or to write after its end', async () => {
    await using dir = await tempDir()
    await using store = new SpillingOutputStore({ directory: dir.path })
    const writer = store.open('web01/stdout')
    expect(() => store.open('web01/stdout')).toThrow('opened twice')
    await writer.close()
    await expect(Promise.resolve(writer.write(Buffer.from('late')))).rejects.toMatchObject({ code: 'E_BUG' })
  })

  test('gives back exactly what was written, whatever the pieces and the limits', async () => {
    await using dir = await tempDir()
    let round = 0
    const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.boolean()), { maxLength: 30 })
    const limits = fc.record({ streamBytes: fc.nat(400), totalBytes: fc.nat(600) })
    const property = fc.asyncProperty(pieces, limits, fc.boolean(), async (written, limit, kept) => {
      const base = join(dir.path, String(round++))
      await using store = new SpillingOutputStore({ directory: join(base, 'spill'), ...limit })
      const writer = store.open('x', kept ? { keep: join(base, 'kept') } : {})
      for (const [piece, wait] of written) {
        const pending = writer.write(piece)
        if (wait) await pending
      }
      const ref = await writer.close()
      const whole = Buffer.concat(written.map(([piece]) => piece))
      expect(ref).toMatchObject({ bytes: whole.length, sha256: sha256(whole) })
      expect(Buffer.concat(await Array.fromAsync(store.read(ref))).equals(whole)).toBe(true)
    })
    await fc.assert(property, { numRuns: 60 })
  })
})

/** How many file descriptors of this process lead into a directory. */
function openUnder(directory: string): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory)
    } catch {
      return false
    }
  }).length
}
