import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/lib/run/atomic-write.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'

async function* pieces(...parts: (string | Uint8Array | Error)[]): AsyncGenerator<string | Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield part
  }
}

describe('writeFileAtomic', () => {
  test('writes text, bytes and streams, and leaves nothing else in the directory', async () => {
    await using dir = await tempDir()
    await writeFileAtomic(join(dir.path, 'report.json'), '{"ok":true}\n')
    await writeFileAtomic(join(dir.path, 'core.bin'), new Uint8Array([0, 255, 128]))
    await writeFileAtomic(join(dir.path, 'report.txt'), pieces('web01: up\n', Buffer.from('web02: up\n')), { fsync: false })
    expect(await readFile(join(dir.path, 'report.json'), 'utf8')).toBe('{"ok":true}\n')
    expect([...(await readFile(join(dir.path, 'core.bin')))]).toEqual([0, 255, 128])
    expect(await readFile(join(dir.path, 'report.txt'), 'utf8')).toBe('web01: up\nweb02: up\n')
    expect((await readdir(dir.path)).sort()).toEqual(['core.bin', 'report.json', 'report.txt'])
  })

  test.each([0o600, 0o644, 0o666])('gives the file its exact mode before its first byte, whatever the umask (%#)', async mode => {
    await using dir = await tempDir()
    const modes: number[] = []
    async function* watched(): AsyncGenerator<string> {
      for (const name of await readdir(dir.path)) modes.push((await stat(join(dir.path, name))).mode & 0o777)
      yield 'secret'
    }
    const path = join(dir.path, 'token')
    await writeFileAtomic(path, watched(), { mode })
    expect(modes).toEqual([mode])
    expect((await stat(path)).mode & 0o777).toBe(mode)
  })

  test('keeps the old content and removes the temporary file when the content fails half-way', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'known_hosts')
    await writeFile(path, 'web01 ssh-ed25519 AAAA\n')
    const failing = writeFileAtomic(path, pieces('half', new Error('connection lost')))
    await expect(failing).rejects.toThrow(/^connection lost$/)
    expect(await readFile(path, 'utf8')).toBe('web01 ssh-ed25519 AAAA\n')
    expect(await readdir(dir.path)).toEqual(['known_hosts'])
  })

  test('replaces the target of a symbolic link and keeps the link', async () => {
    await using dir = await tempDir()
    await mkdir(join(dir.path, 'releases'))
    await symlink('releases/current.json', join(dir.path, 'report.json'))
    await symlink('report.json', join(dir.path, 'latest.json'))
    await writeFileAtomic(join(dir.path, 'latest.json'), 'new')
    expect((await lstat(join(dir.path, 'latest.json'))).isSymbolicLink()).toBe(true)
    expect((await lstat(join(dir.path, 'report.json'))).isSymbolicLink()).toBe(true)
    expect(await readFile(join(dir.path, 'releases/current.json'), 'utf8')).toBe('new')
  })

  test('writes to a device instead of replacing it', async () => {
    await writeFileAtomic('/dev/null', 'gone')
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  test('writes to a redirected standard output, without replacing the file that the shell holds', async () => {
    await using dir = await tempDir()
    const out = join(dir.path, 'out.txt')
    const module = Bun.resolveSync('../../src/lib/run/atomic-write.ts', import.meta.dir)
    const script = `import { writeFileAtomic } from '${module}'; await writeFileAtomic('/dev/stdout', 'report\\n')`
    await writeFile(join(dir.path, 'script.ts'), script)
    const child = Bun.spawn([
      'sh',
      '-c',
      'exec >> "$2"; "$0" "$1"; echo after',
      process.execPath,
      join(dir.path, 'script.ts'),
      out,
    ])
    expect(await child.exited).toBe(0)
    expect(await readFile(out, 'utf8')).toBe('report\nafter\n')
  })

  test.skipIf(!existsSync('/dev/shm'))('replaces a file in shared memory, though it lies below /dev', async () => {
    const directory = await mkdtemp('/dev/shm/opsctl-test-')
    try {
      for (const text of ['old', 'new']) await writeFileAtomic(join(directory, 'list'), text)
      expect(await readFile(join(directory, 'list'), 'utf8')).toBe('new')
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('names the path and what is wrong with it', async () => {
    await using dir = await tempDir()
    const missing = join(dir.path, 'no', 'report.json')
    await expect(writeFileAtomic(missing, 'x')).rejects.toMatchObject({
      code: 'E_OUTPUT',
      exit: 74,
      hint: 'make the directory first',
      data: { path: missing, errno: 'ENOENT' },
    })
    await expect(writeFileAtomic(dir.path, 'x', { code: 'E_STATE' })).rejects.toMatchObject({ code: 'E_STATE' })
    await symlink('loop', join(dir.path, 'loop'))
    await expect(writeFileAtomic(join(dir.path, 'loop'), 'x')).rejects.toMatchObject({ code: 'E_OUTPUT' })
  })

  test('tells a full device with its path', async () => {
    await expect(writeFileAtomic('/dev/full', 'x')).rejects.toMatchObject({
      code: 'E_OUTPUT',
      data: { path: '/dev/full', errno: 'ENOSPC' },
      hint: expect.stringContaining('free some space'),
    })
  })

  test.skipIf(!needs('mount'))('keeps the old file and leaves no rest behind when the disk fills', async () => {
    await using disk = await tinyDisk(64 * 1024)
    const path = join(disk.path, 'report.json')
    await writeFileAtomic(path, 'old')
    const big = pieces(Buffer.alloc(40_000, 'a'), Buffer.alloc(40_000, 'b'))
    await expect(writeFileAtomic(path, big)).rejects.toMatchObject({ code: 'E_OUTPUT', data: { path, errno: 'ENOSPC' } })
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(disk.path)).toEqual(['report.json'])
  })
})
