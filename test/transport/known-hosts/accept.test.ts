import { describe, expect, test } from 'bun:test'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KnownHosts } from '../../../src/lib/transport/known-hosts/known-hosts.ts'
import { publicKeyOf } from '../../../src/lib/transport/known-hosts/public-key.ts'
import { systemStore } from '../../../src/lib/transport/known-hosts/system-store.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const keyNumber = (number: number): Buffer => publicKeyOf('ssh-ed25519', [Buffer.alloc(32, number)]).blob
const web1 = { host: 'Web1.example.org', port: 22 }

describe('accepting a key', () => {
  test('makes the directory and the file for the user alone', async () => {
    await using dir = await tempDir()
    const file = join(dir.path, '.ssh', 'known_hosts')
    const hosts = await KnownHosts.load({ files: [file] }, systemStore())
    expect(await hosts.accept(web1, keyNumber(1), { file, hash: false })).toBe('added')
    expect((await stat(join(dir.path, '.ssh'))).mode & 0o777).toBe(0o700)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readFile(file, 'utf8')).toBe(`web1.example.org ssh-ed25519 ${keyNumber(1).toString('base64')}\n`)
  })

  test('is known at once, at its line', async () => {
    await using dir = await tempDir()
    const file = join(dir.path, 'known_hosts')
    await writeFile(file, '# mine\nother ssh-ed25519 AAAA')
    const hosts = await KnownHosts.load({ files: [file] }, systemStore())
    await hosts.accept(web1, keyNumber(1), { file, hash: false })
    expect(hosts.check(web1, keyNumber(1))).toMatchObject({ status: 'known', file, line: 3 })
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(4)
  })

  test('leaves the mode and the content of a file as they are', async () => {
    await using dir = await tempDir()
    const file = join(dir.path, 'known_hosts')
    await writeFile(file, 'other ssh-ed25519 AAAA\n')
    await chmod(file, 0o644)
    const hosts = await KnownHosts.load({ files: [file] }, systemStore())
    await hosts.accept({ host: 'web1', port: 2222 }, keyNumber(1), { file, hash: false })
    expect((await stat(file)).mode & 0o777).toBe(0o644)
    expect(await readFile(file, 'utf8')).toBe(
      `other ssh-ed25519 AAAA\n[web1]:2222 ssh-ed25519 ${keyNumber(1).toString('base64')}\n`,
    )
  })

  test('by many connections at once writes each host once', async () => {
    await using dir = await tempDir()
    const file = join(dir.path, 'known_hosts')
    const hosts = await KnownHosts.load({ files: [file] }, systemStore())
    const names = Array.from({ length: 60 }, (_, index) => ({ host: `web${index % 20}`, port: 22 }))
    const results = await Promise.all(names.map(name => hosts.accept(name, keyNumber(1), { file, hash: false })))
    expect(results.filter(result => result === 'added')).toHaveLength(20)
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(20)
  })

  test('notices what another program wrote meanwhile', async () => {
    await using dir = await tempDir()
    const file = join(dir.path, 'known_hosts')
    const hosts = await KnownHosts.load({ files: [file] }, systemStore())
    await writeFile(file, `web1.example.org ssh-ed25519 ${keyNumber(1).toString('base64')}\n`)
    expect(await hosts.accept(web1, keyNumber(1), { file, hash: false })).toBe('present')
    expect(await hosts.accept(web1, keyNumber(2), { file, hash: false })).toBe('conflict')
  })

  test('goes on after a write that failed', async () => {
    await using dir = await tempDir()
    const hosts = await KnownHosts.load({ files: [] }, systemStore())
    await mkdir(join(dir.path, 'directory'))
    await expect(hosts.accept(web1, keyNumber(1), { file: join(dir.path, 'directory'), hash: false })).rejects.toThrow('EISDIR')
    expect(await hosts.accept(web1, keyNumber(1), { file: join(dir.path, 'file'), hash: false })).toBe('added')
  })

  test('writes no name that would mean something else', async () => {
    const hosts = await KnownHosts.load({ files: [] }, systemStore())
    for (const host of ['*', 'a,b', '@revoked', 'a b', '|1|x', '#x', 'a\nb', '!a']) {
      await expect(
        hosts.accept({ host, port: 22 }, keyNumber(1), { file: '/nonexistent/known_hosts', hash: false }),
      ).rejects.toThrow('can not be written')
    }
  })

  test.skipIf(!needs('ssh-keygen'))('hashes the name so that ssh-keygen finds it', async () => {
    await using dir = await tempDir()
    const file = join(dir.path, 'known_hosts')
    const hosts = await KnownHosts.load({ files: [file] }, systemStore())
    await hosts.accept({ host: 'web1', port: 2222 }, keyNumber(1), { file, hash: true })
    expect(await readFile(file, 'utf8')).toMatch(/^\|1\|[\w+/]{27}=\|[\w+/]{27}= ssh-ed25519 \S+\n$/)
    expect(Bun.spawnSync(['ssh-keygen', '-F', '[web1]:2222', '-f', file]).stdout.toString()).toContain('found: line 1')
  })
})
