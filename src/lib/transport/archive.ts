import { Header } from 'tar/header'
import { Pax } from 'tar/pax'

/** One member of a tar stream that is to be made. */
export interface Member {
  /** Relative; a directory without a slash at its end. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly mtimeMs: number
  readonly content:
    | { readonly type: 'file'; readonly size: number; read(): AsyncIterable<Uint8Array> }
    | { readonly type: 'directory' }
    | { readonly type: 'symlink'; readonly target: string }
}

const blockBytes = 512
const pieceBytes = 128 * 1024

/**
 * A tar stream as GNU tar, bsdtar and busybox read it: ustar headers, GNU's long names (busybox knows no others), whole seconds.
 * Small members come together in one piece; nothing is read before it is asked for.
 * @throws Error when a file gives more or less bytes than its size
 */
export async function* archive(members: Iterable<Member> | AsyncIterable<Member>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  for await (const bytes of membersIn(members)) {
    held.push(bytes)
    heldBytes += bytes.length
    if (heldBytes < pieceBytes) continue
    yield held.length === 1 ? bytes : Buffer.concat(held)
    held = []
    heldBytes = 0
  }
  yield Buffer.concat([...held, Buffer.alloc(2 * blockBytes)])
}

async function* membersIn(members: Iterable<Member> | AsyncIterable<Member>): AsyncGenerator<Uint8Array> {
  for await (const member of members) {
    yield headerOf(member)
    if (member.content.type === 'file') yield* contentOf(member.path, member.content)
  }
}

async function* contentOf(
  path: string,
  { size, read }: Extract<Member['content'], { type: 'file' }>,
): AsyncGenerator<Uint8Array> {
  let left = size
  for await (const bytes of read()) {
    left -= bytes.length
    if (left < 0) break
    yield bytes
  }
  if (left !== 0) throw new Error(`${path} changed while it was read`)
  if (size % blockBytes > 0) yield Buffer.alloc(blockBytes - (size % blockBytes))
}

const typeNames = { file: 'File', directory: 'Directory', symlink: 'SymbolicLink' } as const

function headerOf({ path, mode, mtimeMs, content }: Member): Uint8Array {
  const name = content.type === 'directory' ? `${path}/` : path
  const target = content.type === 'symlink' ? content.target : undefined
  const blocks: Uint8Array[] = []
  if (!fits(name)) blocks.push(longName('NextFileHasLongPath', name))
  if (target !== undefined && !fits(target)) blocks.push(longName('NextFileHasLongLinkpath', target))
  blocks.push(
    encoded({
      path: fits(name) ? name : 'long-name',
      mode,
      uid: 0,
      gid: 0,
      size: content.type === 'file' ? content.size : 0,
      mtime: new Date(Math.max(0, Math.floor(mtimeMs / 1000)) * 1000),
      type: typeNames[content.type],
      ...(target !== undefined && { linkpath: fits(target) ? target : 'long-name' }),
    }),
  )
  return Buffer.concat(blocks)
}

/** Below 100 bytes a name stands in its header whole. */
const fits = (name: string): boolean => Buffer.byteLength(name) < 100

function longName(type: 'NextFileHasLongPath' | 'NextFileHasLongLinkpath', name: string): Uint8Array {
  const bytes = Buffer.byteLength(name) + 1
  const body = Buffer.alloc(Math.ceil(bytes / blockBytes) * blockBytes)
  body.write(name)
  return Buffer.concat([encoded({ path: '././@LongLink', mode: 0o644, uid: 0, gid: 0, size: bytes, type }), body])
}

function encoded(data: ConstructorParameters<typeof Header>[0]): Uint8Array {
  const block = Buffer.alloc(blockBytes)
  new Header(data).encode(block)
  return block
}

/** What a tar stream said of one of its files. */
export interface FoundFile {
  readonly path: string
  readonly size: number
}

/** Takes the content of one file of a tar stream. */
export interface FileTaker {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

/**
 * Reads a tar stream that arrives in pieces. Only regular files are given out; where they go is up to `take`, which may throw.
 * Other members that have content or could lead elsewhere are an error, links apart: they are passed over, their file counts as absent.
 */
export class ArchiveReader {
  readonly #take: (file: FoundFile) => Promise<FileTaker>
  #held: Buffer = Buffer.alloc(0)
  #override: { path?: string; size?: number } = {}
  #body: Body | undefined

  constructor(take: (file: FoundFile) => Promise<FileTaker>) {
    this.#take = take
  }

  /** The promise holds the sender back. @throws Error for what is no tar stream */
  async write(bytes: Uint8Array): Promise<void> {
    let rest =
      this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    for (;;) {
      if (this.#body) {
        const used = await this.#body.write(rest)
        rest = rest.subarray(used)
        if (!this.#body.complete) break
        await this.#body.close()
        this.#body = undefined
      }
      if (rest.length < blockBytes) break
      await this.#header(new Header(Buffer.from(rest.subarray(0, blockBytes))))
      rest = rest.subarray(blockBytes)
    }
    this.#held = Buffer.from(rest)
  }

  /** Closes a file that is open because the rest of it did not come. */
  async abandon(): Promise<void> {
    await this.#body?.close()
    this.#body = undefined
  }

  async #header(header: Header): Promise<void> {
    if (header.nullBlock) return
    if (!header.cksumValid || header.size === undefined) throw new Error('what came is not a tar stream')
    const { type } = header
    if (metaTypes.has(type)) {
      if (header.size > maxMetaBytes) throw new Error(`a ${type} of ${header.size} bytes in the tar stream`)
      this.#body = new MetaBody(header.size, text => this.#meta(type, text))
      return
    }
    const { path = header.path ?? '', size = header.size } = this.#override
    this.#override = {}
    if (type === 'Directory' || type === 'Link' || type === 'SymbolicLink') {
      this.#body = new Body(0)
      return
    }
    if (type !== 'File' && type !== 'OldFile' && type !== 'ContiguousFile')
      throw new Error(`${path}: a ${type} in the tar stream`)
    this.#body = new Body(size, await this.#take({ path, size }))
  }

  #meta(type: string, text: string): void {
    if (type === 'ExtendedHeader') {
      const { path, size } = Pax.parse(text)
      this.#override = { ...this.#override, ...(path !== undefined && { path }), ...(size !== undefined && { size }) }
    } else if (type === 'NextFileHasLongPath') {
      this.#override.path = text.replace(/\0[\s\S]*$/, '')
    }
  }
}

const metaTypes: ReadonlySet<string> = new Set([
  'ExtendedHeader',
  'GlobalExtendedHeader',
  'NextFileHasLongPath',
  'NextFileHasLongLinkpath',
])
const maxMetaBytes = 1024 * 1024

/** The content of a member and what fills its last block. */
class Body {
  readonly #taker: FileTaker | undefined
  #left: number
  #padding: number

  constructor(size: number, taker?: FileTaker) {
    this.#left = size
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes
    this.#taker = taker
  }

  get complete(): boolean {
    return this.#left === 0 && this.#padding === 0
  }

  /** How many of the bytes it used. */
  async write(bytes: Uint8Array): Promise<number> {
    const content = Math.min(this.#left, bytes.length)
    const padding = Math.min(this.#padding, bytes.length - content)
    if (content > 0) await this.#taker?.write(bytes.subarray(0, content))
    this.#left -= content
    this.#padding -= padding
    return content + padding
  }

  async close(): Promise<void> {
    await this.#taker?.close()
  }
}

/** A long name or extended header: short text for the reader itself. */
class MetaBody extends Body {
  constructor(size: number, done: (text: string) => void) {
    const pieces: Uint8Array[] = []
    super(size, {
      write: async bytes => void pieces.push(Buffer.from(bytes)),
      close: async () => done(Buffer.concat(pieces).toString('utf8')),
    })
  }
}
