import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { ArchiveReader, archive, type Member } from '../../src/lib/transport/archive.ts'
import { picture, wildNames } from '../copy/tree.ts'
import { findProgram, needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const file = (path: string, bytes: Uint8Array | string, more: Partial<Member> = {}): Member => {
  const content = Buffer.from(bytes)
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield content
  }
  return { path, mode: 0o644, mtimeMs: 1_600_000_000_000, content: { type: 'file', size: content.length, read }, ...more }
}

async function bytesOf(members: readonly Member[]): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of archive(members)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** The files of a stream that arrives in pieces of a size. */
async function filesIn(bytes: Uint8Array, pieceBytes: number): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const reader = new ArchiveReader(async ({ path }) => {
    const pieces: Uint8Array[] = []
    return {
      write: async piece => void pieces.push(Buffer.from(piece)),
      close: async () => {
        found[path] = Buffer.concat(pieces).toString('latin1')
      },
    }
  })
  for (let at = 0; at < bytes.length; at += pieceBytes) await reader.write(bytes.subarray(at, at + pieceBytes))
  return found
}

const tree: readonly Member[] = [
  { path: 't', mode: 0o755, mtimeMs: 0, content: { type: 'directory' } },
  ...wildNames.map((name, index) => file(`t/${name}`, name.repeat(index * 40), { mode: index % 2 ? 0o755 : 0o640 })),
  { path: `t/${'ä'.repeat(120)}`, mode: 0o700, mtimeMs: 0, content: { type: 'directory' } },
  file(`t/${'ä'.repeat(120)}/${'b'.repeat(99)}`, 'deep'),
  file('t/ninety-nine'.padEnd(99, '9'), 'x'),
  file('t/hundred'.padEnd(100, '9'), 'x'),
  { path: 't/link', mode: 0o777, mtimeMs: 0, content: { type: 'symlink', target: `/${'long'.repeat(60)}` } },
]

describe('a tar stream that was made', () => {
  test.each([
    ['tar', ['tar']],
    ['busybox', ['busybox', 'tar']],
    ['bsdtar', ['bsdtar']],
  ] as const)('is unpacked by %s as it was meant', async (name, [program, ...args]) => {
    if (!(name === 'bsdtar' ? findProgram(name) !== undefined : needs(name))) return
    await using directory = await tempDir()
    const child = Bun.spawn([program, ...args, '-x', '-p', '-o', '-f', '-', '-C', directory.path], { stdin: await bytesOf(tree) })
    expect(await child.exited).toBe(0)
    const seen = await picture(directory.path)
    expect(Object.keys(seen).sort()).toEqual(tree.map(member => member.path).sort())
    for (const member of tree) {
      const mode = member.mode.toString(8)
      const { content } = member
      if (content.type === 'file') expect(seen[member.path]).toStartWith(`file ${mode} 1600000000 `)
      else expect(seen[member.path]).toBe(content.type === 'symlink' ? `-> ${content.target}` : `directory ${mode}`)
    }
  })

  test('is an error when a file gives another number of bytes than it said', async () => {
    const short = file('log', 'short')
    const said = (size: number): Member => ({
      ...short,
      content: {
        type: 'file',
        size,
        read: async function* () {
          yield Buffer.from('short')
        },
      },
    })
    await expect(bytesOf([said(4)])).rejects.toThrow('log changed')
    await expect(bytesOf([said(6)])).rejects.toThrow('log changed')
  })

  test('can hold more than eight gigabytes in one file', async () => {
    const size = 9 * 1024 ** 3
    const huge = file('huge', '', {
      content: {
        type: 'file',
        size,
        read: async function* () {
          yield new Uint8Array(1024 * 1024)
        },
      },
    })
    const { value } = await archive([huge]).next()
    let told = 0
    const reader = new ArchiveReader(async found => {
      told = found.size
      return { write: async () => {}, close: async () => {} }
    })
    await reader.write(value ?? new Uint8Array())
    expect(told).toBe(size)
  })
})

describe('a tar stream that is read', () => {
  test('gives the files it was made of, in pieces of any size', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 150 }).filter(text => !/[\0/]/.test(text))
    const files = fc.dictionary(name, fc.uint8Array({ maxLength: 2000 }), { maxKeys: 6 })
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 3000 }), async (contents, pieceBytes) => {
        const members = Object.entries(contents).map(([path, bytes]) => file(`./${path}`, bytes))
        const expected = Object.fromEntries(
          Object.entries(contents).map(([path, bytes]) => [`./${path}`, Buffer.from(bytes).toString('latin1')]),
        )
        expect(await filesIn(await bytesOf(members), pieceBytes)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['GNU tar', ['tar', '--format=gnu']],
    ["GNU tar in POSIX's format", ['tar', '--format=posix']],
    ['GNU tar in the old format', ['tar', '--format=oldgnu']],
    ['busybox', ['busybox', 'tar']],
  ])('may come from %s', async (_, program) => {
    if (!needs(program[0] === 'busybox' ? 'busybox' : 'tar')) return
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'sub'))
    const names = [...wildNames, `sub/${'ß'.repeat(110)}`]
    for (const name of names) await writeFile(join(directory.path, name), name)
    const child = Bun.spawn([...program, '-c', '-f', '-', './'], { cwd: directory.path })
    const bytes = new Uint8Array(await new Response(child.stdout).arrayBuffer())
    const expected = Object.fromEntries(names.map(name => [`./${name}`, Buffer.from(name).toString('latin1')]))
    expect(await filesIn(bytes, 777)).toEqual(expected)
    expect(await readdir(directory.path)).toHaveLength(wildNames.length + 1)
  })
})
