import { describe, expect, test } from 'bun:test'
import { chmod, mkdir, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFromHost } from '../../src/lib/copy/from-host.ts'
import { readLocalTree } from '../../src/lib/copy/local-tree.ts'
import { copyToHost, type Delivery } from '../../src/lib/copy/to-host.ts'
import type { Command, RunOptions } from '../../src/lib/core/transport.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { hostWith, toolboxes } from './toolbox.ts'
import { picture, wildNames, wildTree } from './tree.ts'
import { visitOf } from './visit.ts'

const { signal } = new AbortController()

async function deliveryOf(cwd: string, sources: readonly string[], more: Partial<Delivery> = {}): Promise<Delivery> {
  const entries = await readLocalTree(sources, { cwd, signal })
  return { entries, destination: 'site', needsDirectory: false, dryRun: false, timeoutMs: 30_000, ...more }
}

const collectionOf = (base: string, sources: readonly string[]) => ({ base, sources, dryRun: false, timeoutMs: 30_000 })

/** Modes and times of a picture, as far as a host without tar keeps them. */
const withoutTimes = (entries: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, text.replace(/^(file \d+) \d+/, '$1')]))

describe.each(toolboxes.map(box => [box.name, box] as const))('with %s', (name, { needs: wanted, tools }) => {
  const keepsTimes = name !== 'no tar'
  const seen = keepsTimes ? picture : async (path: string) => withoutTimes(await picture(path))

  test.skipIf(!needs(...wanted))('a directory arrives on a host as it is here, and only what differs is sent again', async () => {
    await using directory = await tempDir()
    const here = join(directory.path, 'here')
    await wildTree(here)
    const host = await hostWith(tools, directory.path)
    const visit = visitOf(host)
    const copyAll = async (more: Partial<Delivery> = {}) =>
      (await copyToHost(visit, await deliveryOf(here, ['.'], { needsDirectory: true, ...more }), systemClock)).result

    expect(await copyAll()).toMatchObject({ outcome: 'changed', metrics: { files: wildNames.length + 5 } })
    const there = join(host.home, 'site')
    expect(await seen(there)).toEqual(await seen(here))
    expect(await copyAll()).toEqual({ outcome: 'ok', message: 'the same already', metrics: { files: 0, bytes: 0 } })

    await writeFile(join(here, 'plain.conf'), 'changed')
    await chmod(join(here, 'run.sh'), 0o700)
    await writeFile(join(here, 'conf.d/deep/new\nfile'), 'new')
    await mkdir(join(here, 'conf.d/new directory/below'), { recursive: true })
    await unlink(join(here, 'link'))
    await symlink('run.sh', join(here, 'link'))
    expect(await copyAll()).toMatchObject({ outcome: 'changed', metrics: { files: 3, bytes: 20 } })
    expect(await seen(there)).toEqual(await seen(here))
    expect(await readdir(host.home)).toEqual(['site'])
  })

  test.skipIf(!needs(...wanted))('a directory comes from a host as it is there, and only what differs comes again', async () => {
    await using directory = await tempDir()
    const host = await hostWith(tools, directory.path)
    const there = join(host.home, 'site')
    await wildTree(there)
    const base = join(directory.path, 'logs/web1')
    const fetchAll = async () => (await copyFromHost(visitOf(host), collectionOf(base, ['site']))).result

    expect(await fetchAll()).toMatchObject({ outcome: 'changed', metrics: { files: wildNames.length + 5 } })
    expect(await picture(join(base, 'site'))).toEqual(await picture(there))
    expect(await fetchAll()).toMatchObject({ outcome: 'ok', metrics: { files: 0 } })

    await writeFile(join(there, 'two\nlines'), 'changed')
    await writeFile(join(there, 'plain.conf'), 'changed')
    await rm(join(base, 'site/empty'), { recursive: true })
    expect(await fetchAll()).toMatchObject({ outcome: 'changed', metrics: { files: 2, bytes: 14 } })
    expect(await picture(join(base, 'site'))).toEqual(await picture(there))
    expect(await readdir(join(directory.path, 'logs'))).toEqual(['web1'])
    expect(await readdir(base)).toEqual(['site'])
  })

  test.skipIf(!needs(...wanted))('what can not be put in place fails, names it, and leaves nothing behind', async () => {
    await using directory = await tempDir()
    const here = join(directory.path, 'here')
    await mkdir(join(here, 'conf.d'), { recursive: true })
    await writeFile(join(here, 'conf.d/site.conf'), 'x')
    const host = await hostWith(tools, directory.path)
    await mkdir(join(host.home, 'site/conf.d/site.conf'), { recursive: true })
    const copying = async (): Promise<unknown> => copyToHost(visitOf(host), await deliveryOf(here, ['conf.d']), systemClock)
    await expect(copying()).rejects.toThrow(':site/conf.d/site.conf is a directory there and a file here')
    await rm(join(host.home, 'site'), { recursive: true })
    await writeFile(join(host.home, 'site'), 'a file')
    await expect(copying()).rejects.toThrow(':site is a file there and a directory here')
    await rm(join(host.home, 'site'))
    await symlink('/no/such/directory', join(host.home, 'site'))
    await expect(copying()).rejects.toThrow(/could not (receive the files|be written)/)
    expect(await readdir(host.home)).toEqual(['site'])
  })
})

describe('the destination on a host', () => {
  const tools = toolboxes[0]?.tools ?? []
  test.each([
    ['a file, to a directory', ['motd'], 'etc', false, ['etc/motd']],
    ['a file, to a directory that is named as such and does not exist', ['motd'], 'new/', true, ['new/motd']],
    ['a file, to several levels that do not exist', ['motd'], 'new/er/', true, ['new/er/motd']],
    ['a file, to a new name', ['motd'], 'etc/banner', false, ['etc/banner']],
    ['a file, over another', ['motd'], 'etc/hosts', false, ['etc/hosts']],
    ['a file, to a new name in a directory that does not exist', ['motd'], 'new/banner', false, ['new/banner']],
    ['a file, to the home directory', ['motd'], '.', true, ['motd']],
    ['a file, below the home directory by its sign', ['motd'], '~/etc', false, ['etc/motd']],
    ['a file, to a name like an option', ['motd'], '-rf', false, ['-rf']],
    ['a directory, to a directory', ['conf.d'], 'etc', false, ['etc/conf.d/a.conf', 'etc/conf.d/b.conf']],
    ['a directory, to a new name', ['conf.d/'], 'new', false, ['new/a.conf', 'new/b.conf']],
    ['a directory, merged with one', ['conf.d'], 'srv', false, ['srv/conf.d/a.conf', 'srv/conf.d/b.conf', 'srv/conf.d/old.conf']],
    ['the content of a directory', ['conf.d/.'], 'etc', true, ['etc/a.conf', 'etc/b.conf']],
    ['several', ['motd', 'conf.d'], 'new', true, ['new/conf.d/a.conf', 'new/conf.d/b.conf', 'new/motd']],
    ['through a link to a directory', ['motd'], 'linked', false, ['etc/motd']],
  ])('%s', async (_, sources, destination, needsDirectory, expected) => {
    await using directory = await tempDir()
    const here = join(directory.path, 'here')
    await mkdir(join(here, 'conf.d'), { recursive: true })
    for (const name of ['motd', 'conf.d/a.conf', 'conf.d/b.conf']) await writeFile(join(here, name), 'new')
    const host = await hostWith(tools, directory.path)
    await mkdir(join(host.home, 'etc'))
    await mkdir(join(host.home, 'srv/conf.d'), { recursive: true })
    await symlink('etc', join(host.home, 'linked'))
    await writeFile(join(host.home, 'etc/hosts'), 'old')
    await writeFile(join(host.home, 'srv/conf.d/old.conf'), 'new')
    await copyToHost(visitOf(host), await deliveryOf(here, sources, { destination, needsDirectory }), systemClock)
    const files = Object.entries(await picture(host.home)).filter(([, text]) => text.startsWith('file'))
    const contents = await Promise.all(files.map(async ([name]) => [name, await readFile(join(host.home, name), 'utf8')]))
    const untouched = ['etc/hosts', 'srv/conf.d/old.conf'].filter(name => !expected.includes(name))
    expect(contents.map(([name]) => name ?? '').sort()).toEqual([...expected, ...untouched].sort())
    expect(contents.filter(([, text]) => text === 'new').map(([name]) => name ?? '')).toEqual(expect.arrayContaining(expected))
  })

  test('is not touched by a dry run, which lists what would come', async () => {
    await using directory = await tempDir()
    const here = join(directory.path, 'here')
    await mkdir(join(here, 'conf.d'), { recursive: true })
    await writeFile(join(here, 'conf.d/a.conf'), 'a')
    const host = await hostWith(tools, directory.path)
    const delivery = await deliveryOf(here, ['conf.d'], { destination: 'etc/nginx/', needsDirectory: true, dryRun: true })
    const { result, plan } = await copyToHost(visitOf(host), delivery, systemClock)
    expect(result).toEqual({ outcome: 'skipped', message: 'would copy 1 file, 1 B', metrics: { files: 1, bytes: 1 } })
    expect(plan).toEqual([`${here}/conf.d -> :etc/nginx/conf.d`, `${here}/conf.d/a.conf -> :etc/nginx/conf.d/a.conf`])
    expect(await readdir(host.home)).toEqual([])
  })

  test('keeps a link to a file apart: it is replaced, and what it leads to stays', async () => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'motd'), 'new')
    const host = await hostWith(tools, directory.path)
    await writeFile(join(host.home, 'target'), 'old')
    await symlink('target', join(host.home, 'motd'))
    await copyToHost(visitOf(host), await deliveryOf(directory.path, ['motd'], { destination: 'motd' }), systemClock)
    expect(await picture(host.home)).toMatchObject({
      motd: expect.stringMatching(/^file /),
      target: expect.stringMatching(/^file /),
    })
    expect(await readFile(join(host.home, 'target'), 'utf8')).toBe('old')
  })

  test('hears what a login shell prints before a script and does not take it for an answer', async () => {
    await using directory = await tempDir()
    await writeFile(join(directory.path, 'motd'), 'new')
    const host = await hostWith(tools, directory.path)
    const noisy = (command: Command): Command => ({
      argv: [
        'sh',
        '-c',
        'printf "Welcome to web1\\0\\n"; exec "$@"',
        'sh',
        ...('argv' in command ? command.argv : ['sh', '-c', command.shell]),
      ],
    })
    const visit = visitOf(
      Object.assign(Object.create(host), { run: (command: Command, options: RunOptions) => host.run(noisy(command), options) }),
    )
    await copyToHost(visit, await deliveryOf(directory.path, ['motd'], { destination: 'motd' }), systemClock)
    const back = join(directory.path, 'back')
    await copyFromHost(visit, collectionOf(back, ['motd']))
    expect(await readFile(join(back, 'motd'), 'utf8')).toBe('new')
  })
})

test('a log that grows here after the run began arrives as it was then', async () => {
  await using directory = await tempDir()
  await writeFile(join(directory.path, 'access.log'), 'one\n')
  const host = await hostWith(toolboxes[0]?.tools ?? [], directory.path)
  const delivery = await deliveryOf(directory.path, ['access.log'], { destination: 'access.log' })
  await writeFile(join(directory.path, 'access.log'), 'two\n', { flag: 'a' })
  await copyToHost(visitOf(host), delivery, systemClock)
  expect(await readFile(join(host.home, 'access.log'), 'utf8')).toBe('one\n')
})

describe('a source on a host', () => {
  const tools = toolboxes[0]?.tools ?? []

  test('that is a link is followed, and links below stay links', async () => {
    await using directory = await tempDir()
    const host = await hostWith(tools, directory.path)
    await mkdir(join(host.home, 'releases/7'), { recursive: true })
    await writeFile(join(host.home, 'releases/7/app.log'), 'line\n')
    await symlink('app.log', join(host.home, 'releases/7/latest'))
    await symlink('releases/7', join(host.home, 'current'))
    await symlink('releases/7/app.log', join(host.home, 'log'))
    const base = join(directory.path, 'logs')
    await copyFromHost(visitOf(host), collectionOf(base, ['current', 'log']))
    expect(await picture(base)).toMatchObject({
      current: 'directory 755',
      'current/app.log': expect.stringMatching(/^file/),
      'current/latest': '-> app.log',
      log: expect.stringMatching(/^file/),
    })
  })

  test('that grows all the time arrives whole up to some moment', async () => {
    await using directory = await tempDir()
    const host = await hostWith(tools, directory.path)
    const line = 'GET /index.html 200\n'
    const stop = new AbortController()
    const growing = host.run(
      { shell: `i=0; while :; do i=$((i+1)); for j in 1 2 3 4 5 6 7 8 9; do echo "${line.trim()}"; done >>access.log; done` },
      { signal: stop.signal, timeoutMs: 20_000 },
    )
    const base = join(directory.path, 'logs')
    try {
      await writeFile(join(host.home, 'access.log'), line)
      await copyFromHost(visitOf(host), collectionOf(base, ['access.log']))
    } finally {
      stop.abort()
      await growing
    }
    const copy = await readFile(join(base, 'access.log'), 'utf8')
    expect(copy.replaceAll(line, '')).toBe(line.slice(0, copy.length % line.length))
  })

  test.each([
    ['is missing', 'no-such.log', 'No such file or directory'],
    ['is a FIFO', 'fifo', ':fifo is a FIFO'],
    ['holds a FIFO', 'run', ':run/fifo is a FIFO'],
  ])('that %s is refused', async (_, source, text) => {
    await using directory = await tempDir()
    const host = await hostWith(tools, directory.path)
    await host.run({ argv: ['/usr/bin/env', 'PATH=/usr/bin:/bin', 'sh', '-c', 'mkdir run; mkfifo fifo run/fifo'] }, { signal })
    const base = join(directory.path, 'logs')
    await expect(copyFromHost(visitOf(host), collectionOf(base, [source]))).rejects.toThrow(text)
    expect(await readdir(directory.path)).not.toContain('logs')
  })

  test('gives no set-user-id bit away', async () => {
    await using directory = await tempDir()
    const host = await hostWith(tools, directory.path)
    await writeFile(join(host.home, 'shell'), '')
    await chmod(join(host.home, 'shell'), 0o6755)
    const base = join(directory.path, 'logs')
    await copyFromHost(visitOf(host), collectionOf(base, ['shell']))
    expect((await picture(base))['shell']).toStartWith('file 755 ')
    expect((await copyFromHost(visitOf(host), collectionOf(base, ['shell']))).result.outcome).toBe('ok')
  })
})
