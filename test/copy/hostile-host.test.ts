import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'
import { copyFromHost } from '../../src/lib/copy/from-host.ts'
import { list, send, sendOne, startMark } from '../../src/lib/copy/host-scripts.ts'
import { hostNamed } from '../../src/lib/core/host.ts'
import { type Command, type RunOptions, type Transport, TransportError } from '../../src/lib/core/transport.ts'
import { archive } from '../../src/lib/transport/archive.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { picture } from './tree.ts'
import { visitOf } from './visit.ts'

const text = 'owned'
const sum = createHash('sha256').update(text).digest('hex')

/** A host that answers as it likes: a list of files, a tar stream, single files. */
function hostile(answers: {
  readonly listing: Uint8Array | string
  readonly stream?: Uint8Array
  readonly one?: Uint8Array | string
}): Transport {
  const said = new Map<string, Uint8Array | string | undefined>([
    [list.text, answers.listing],
    [send.text, answers.stream],
    [sendOne.text, answers.one],
  ])
  return {
    host: hostNamed('web1'),
    async run(command: Command, { sink }: RunOptions) {
      const script = 'argv' in command ? (command.argv[2] ?? '') : ''
      const bytes = Buffer.concat([Buffer.from(startMark), Buffer.from(said.get(script) ?? '')])
      // In pieces of an odd size, as a network gives them.
      for (let at = 0; at < bytes.length; at += 1000) await sink?.({ stream: 'stdout', bytes: bytes.subarray(at, at + 1000) })
      return { code: 0, stdout: new Uint8Array(), stderr: new Uint8Array(), durationMs: 1 }
    },
    put: () => Promise.reject(new Error('not asked for')),
    get: () => Promise.reject(new Error('not asked for')),
    [Symbol.asyncDispose]: async () => {},
  }
}

interface Listed {
  readonly name: string
  readonly type?: 'file' | 'directory' | 'symlink' | 'device'
  readonly target?: string
}

const modes = { file: '81a4', directory: '41ed', symlink: 'a1ff', device: '61b0' }

/** What the list script prints for these, true or not. */
function listing(kind: 'file' | 'directory', ...entries: readonly Listed[]): string {
  const type = (entry: Listed) => entry.type ?? 'file'
  const names = entries.map(({ name }) => `${name}\0`).join('')
  const stats = entries.map(entry => `${modes[type(entry)]},1600000000,${text.length},0,0,root,root,${entry.name}\n`).join('')
  const sums = entries.filter(entry => type(entry) === 'file').map(({ name }) => `${sum}  ${name}\n`)
  const targets = entries.filter(entry => type(entry) === 'symlink').map(({ target }) => `=${target}\n.\0`)
  return `${kind}\0tar\0${names}\0${stats}\0${sums.join('')}\0${targets.join('')}\0`
}

const root: Listed = { name: '.', type: 'directory' }

/** A tar stream of headers as they are, each file with the same content. */
function stream(...headers: readonly HeaderData[]): Uint8Array {
  const blocks = headers.flatMap(data => {
    const content = data.type === 'File' || data.type === undefined ? text : (data.charset ?? '')
    const header = Buffer.alloc(512)
    new Header({ mode: 0o644, uid: 0, gid: 0, size: content.length, type: 'File', ...data }).encode(header)
    const body = Buffer.alloc(Math.ceil(content.length / 512) * 512)
    body.write(content)
    return [header, body]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** Fetches `:site` into logs/web1 beside which nothing may appear; gives the error. */
async function fetchFrom(host: Transport, directory: string): Promise<unknown> {
  const base = join(directory, 'logs/web1')
  return await copyFromHost(visitOf(host), { base, sources: ['site'], dryRun: false, timeoutMs: 1000 }).then(
    () => undefined,
    error => error,
  )
}

describe('a list of files', () => {
  test.each<[string, string]>([
    ['leads up', listing('directory', root, { name: './../evil' })],
    ['leads up in the middle', listing('directory', root, { name: './a', type: 'directory' }, { name: './a/../../evil' })],
    ['is absolute', listing('directory', root, { name: '/tmp/evil' })],
    ['has no start', listing('directory', root, { name: 'evil' })],
    ['has an empty part', listing('directory', root, { name: './a//evil' })],
    ['is the name of the directory above', listing('directory', root, { name: './..' })],
    ['stands twice', listing('directory', root, { name: './a' }, { name: './a' })],
    ['lies behind a link', listing('directory', root, { name: './a', type: 'symlink', target: '/etc' }, { name: './a/evil' })],
    ['lies in a directory that is not listed', listing('directory', root, { name: './a/evil' })],
    ['is a device', listing('directory', root, { name: './sda', type: 'device' })],
    ['is one of two for one file', listing('file', { name: './site' }, { name: './evil' })],
    ['is a directory for a file', listing('file', { name: './site', type: 'directory' })],
    ['is below a file', listing('file', { name: './../evil' })],
    ['ends in the middle', 'directory\0tar\0./a\0\0'],
    ['is none', 'directory\0tar\0yes'],
    ['is of no kind', 'socket\0tar\0'],
  ])('in which a name %s is refused, and nothing is written', async (_, answer) => {
    await using directory = await tempDir()
    const error = await fetchFrom(hostile({ listing: answer, stream: stream({ path: './a' }) }), directory.path)
    expect(error).toBeInstanceOf(TransportError)
    expect(await picture(directory.path)).toEqual({})
  })

  test('with more link targets than links is refused', async () => {
    await using directory = await tempDir()
    const answer = `${listing('directory', root, { name: './a' }).slice(0, -1)}=/etc\n.\0\0`
    expect(await fetchFrom(hostile({ listing: answer }), directory.path)).toBeInstanceOf(TransportError)
    expect(await picture(directory.path)).toEqual({})
  })
})

describe('a tar stream', () => {
  const asked = listing('directory', root, { name: './a' })
  const long = (path: string): HeaderData => ({
    path: '././@LongLink',
    type: 'NextFileHasLongPath',
    size: path.length,
    charset: path,
  })
  const pax = (path: string): HeaderData => {
    const record = `${path.length + 9} path=${path}\n`
    return { path: 'pax', type: 'ExtendedHeader', size: record.length, charset: record }
  }

  test.each<[string, Uint8Array, string]>([
    ['with a file that was not asked for', stream({ path: './evil' }), 'was not asked for'],
    ['with a file above', stream({ path: '../evil' }), 'was not asked for'],
    ['with an absolute name', stream({ path: '/tmp/evil' }), 'was not asked for'],
    ['with another spelling of the name', stream({ path: './b/../a' }), 'was not asked for'],
    ["with a long name of GNU's that leads up", stream(long('../evil'), { path: './a' }), 'was not asked for'],
    ['with a long name of POSIX that leads up', stream(pax('../evil'), { path: './a' }), 'was not asked for'],
    ['with the file twice', stream({ path: './a' }, { path: './a' }), 'was not asked for'],
    ['with a device', stream({ path: './a', type: 'BlockDevice', size: 0 }), 'a BlockDevice'],
    ['with a FIFO', stream({ path: './a', type: 'FIFO', size: 0 }), 'a FIFO'],
    ['of something else', Buffer.alloc(2048, 'x'), 'no'],
    ['that is compressed', gzipSync(stream({ path: './a' })), ''],
    ['with a name of a gigabyte', stream({ path: 'x', type: 'NextFileHasLongPath', size: 1024 ** 3 }), 'NextFileHasLongPath'],
  ])('%s is refused, and nothing is written', async (_, bytes, message) => {
    await using directory = await tempDir()
    const error = await fetchFrom(hostile({ listing: asked, stream: bytes }), directory.path)
    expect(error).toBeInstanceOf(TransportError)
    expect(String(error)).toContain(message)
    expect(await picture(directory.path)).toEqual({})
  })

  test.each<[string, Uint8Array]>([
    ['a symbolic link in place of the file', stream({ path: './a', type: 'SymbolicLink', linkpath: '/etc/passwd', size: 0 })],
    ['a hard link in place of the file', stream({ path: './a', type: 'Link', linkpath: '/etc/passwd', size: 0 })],
    ['a link and then a file through it', stream({ path: './d', type: 'SymbolicLink', linkpath: '/tmp', size: 0 })],
    ['nothing', stream()],
    ['half a file', stream({ path: './a' }).subarray(0, 514)],
    ['another content', stream({ path: './a' }).map((byte, index) => (index === 512 ? 88 : byte))],
  ])('with %s gives no file, and the file is asked for alone', async (_, bytes) => {
    await using directory = await tempDir()
    const one = `${text.length} ${sum}\n${text}`
    expect(await fetchFrom(hostile({ listing: asked, stream: bytes, one }), directory.path)).toBeUndefined()
    expect(Object.keys(await picture(directory.path))).toEqual(['logs', 'logs/web1', 'logs/web1/site', 'logs/web1/site/a'])
    expect(await readFile(join(directory.path, 'logs/web1/site/a'), 'utf8')).toBe(text)
  })

  test('reads what GNU tar and busybox write, whatever the pieces', async () => {
    await using directory = await tempDir()
    const bytes: Uint8Array[] = []
    const content = {
      type: 'file',
      size: text.length,
      read: async function* () {
        yield Buffer.from(text)
      },
    } as const
    for await (const piece of archive([{ path: './a', mode: 0o644, mtimeMs: 0, content }])) bytes.push(piece)
    expect(await fetchFrom(hostile({ listing: asked, stream: Buffer.concat(bytes) }), directory.path)).toBeUndefined()
  })
})

describe('a single file', () => {
  const asked = listing('directory', root, { name: './a' })
  test.each<[string, string]>([
    ['with another SHA-256 than its own', `${text.length} ${'0'.repeat(64)}\n${text}`],
    ['that is shorter', `${text.length} ${sum}\nown`],
    ['that goes on', `${text.length} ${sum}\n${text}${text}`],
    ['without a head', text.repeat(100)],
    ['that is empty', ''],
  ])('%s is refused, and nothing is written', async (_, one) => {
    await using directory = await tempDir()
    const error = await fetchFrom(hostile({ listing: asked, stream: stream(), one }), directory.path)
    expect(error).toBeInstanceOf(TransportError)
    expect(await picture(directory.path)).toEqual({})
  })
})

describe('links that are here already', () => {
  const asked = listing('directory', root, { name: './d', type: 'directory' }, { name: './d/a' })
  const honest = stream({ path: './d/a' })

  test('are not followed where a directory is to come, so that an earlier copy can not lead a later one out', async () => {
    await using directory = await tempDir()
    await using outside = await tempDir()
    await mkdir(join(directory.path, 'logs/web1/site'), { recursive: true })
    await symlink(outside.path, join(directory.path, 'logs/web1/site/d'))
    const error = await fetchFrom(hostile({ listing: asked, stream: honest }), directory.path)
    expect(String(error)).toContain('is a symbolic link, which is not followed, here and a directory there')
    expect(await picture(outside.path)).toEqual({})
  })

  test('are not followed for the top of a copy either', async () => {
    await using directory = await tempDir()
    await using outside = await tempDir()
    await mkdir(join(directory.path, 'logs/web1'), { recursive: true })
    await symlink(outside.path, join(directory.path, 'logs/web1/site'))
    expect(await fetchFrom(hostile({ listing: asked, stream: honest }), directory.path)).toBeInstanceOf(TransportError)
    expect(await picture(outside.path)).toEqual({})
  })

  test('are replaced where a file is to come, and what they lead to stays', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'logs/web1/site/d'), { recursive: true })
    await writeFile(join(directory.path, 'precious'), 'mine')
    await symlink(join(directory.path, 'precious'), join(directory.path, 'logs/web1/site/d/a'))
    expect(await fetchFrom(hostile({ listing: asked, stream: honest }), directory.path)).toBeUndefined()
    expect(await readFile(join(directory.path, 'precious'), 'utf8')).toBe('mine')
    expect(await readFile(join(directory.path, 'logs/web1/site/d/a'), 'utf8')).toBe(text)
  })
})
