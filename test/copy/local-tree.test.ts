import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLocalTree } from '../../src/lib/copy/local-tree.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const { signal } = new AbortController()

describe('what is to be sent', () => {
  test('lists parents first, in order, files with their SHA-256, links as links', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'nginx/conf.d'), { recursive: true })
    await writeFile(join(directory.path, 'nginx/conf.d/a.conf'), 'listen 80;\n')
    await writeFile(join(directory.path, 'nginx/nginx.conf'), '')
    await symlink('conf.d/a.conf', join(directory.path, 'nginx/conf'))
    const entries = await readLocalTree(['nginx/'], { cwd: directory.path, signal })
    expect(entries.map(({ path, type, size, target }) => [path, type, size, target])).toEqual([
      ['nginx', 'directory', 0, undefined],
      ['nginx/conf', 'symlink', 0, 'conf.d/a.conf'],
      ['nginx/conf.d', 'directory', 0, undefined],
      ['nginx/conf.d/a.conf', 'file', 11, undefined],
      ['nginx/nginx.conf', 'file', 0, undefined],
    ])
    expect(entries[3]?.sha256).toBe(createHash('sha256').update('listen 80;\n').digest('hex'))
  })

  test('follows a link that is named itself', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'release-7'))
    await writeFile(join(directory.path, 'release-7/app'), 'x')
    await symlink('release-7', join(directory.path, 'current'))
    const entries = await readLocalTree(['current', 'current/app'], { cwd: directory.path, signal })
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual(['directory current', 'file current/app', 'file app'])
  })

  test.each([
    ['is missing', ['no-such'], 'no-such: no such file or directory'],
    ['is a FIFO', ['site'], 'pipe is a FIFO'],
    ['is a file, but named as a directory', ['motd/'], 'motd/ is not a directory'],
    ['has a name that is no UTF-8', ['latin1'], 'the name is not UTF-8'],
    ['would meet another', ['motd', 'etc/motd'], 'would both become motd'],
    ['would meet another in a directory', ['etc/.', 'motd'], 'would both become motd'],
  ])('is refused when something %s', async (_, sources, text) => {
    await using directory = await tempDir()
    const make = 'mkdir site etc latin1; mkfifo site/pipe; echo x >motd; echo x >etc/motd; : >"latin1/caf$(printf "\\351")"'
    expect(await Bun.spawn(['sh', '-c', make], { cwd: directory.path }).exited).toBe(0)
    await expect(readLocalTree(sources, { cwd: directory.path, signal })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining(text),
    })
  })

  test('is given up when the run is', async () => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'dump.sql'), Buffer.alloc(1_000_000))
    const stop = new AbortController()
    stop.abort(new Error('interrupted'))
    await expect(readLocalTree(['.'], { cwd: directory.path, signal: stop.signal })).rejects.toThrow('interrupted')
  })
})
