import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { type ByteSource, ChunkSource, chunksOf, peek } from './byte-source.ts'
import { wholeZstd } from './zstd-frames.ts'

const magic = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  utf8: [0xef, 0xbb, 0xbf],
  'utf-16le': [0xff, 0xfe],
  'utf-16be': [0xfe, 0xff],
} as const

/** What is no text to us, by its first bytes, and what makes lines of it. */
const foreign: readonly (readonly [noun: string, begin: string, how: string])[] = [
  ['compressed by xz', '\xfd7zXZ\0', 'xz -dc'],
  ['compressed by bzip2', 'BZh', 'bzip2 -dc'],
  ['compressed by lz4', '\x04"M\x18', 'lz4 -dc'],
  ['a zip archive', 'PK\x03\x04', 'unzip -p'],
  ['a journal of systemd', 'LPKSHHRH', 'journalctl -o json --file'],
]

/** So many bytes tell it. */
const telling = 10

/** What a source holds, out of its compression, which its first bytes tell, and without a mark of byte order. */
export async function plainSource(
  source: ByteSource,
): Promise<{ readonly plain: ByteSource; readonly compression?: 'gzip' | 'zstd' }> {
  const { begin, whole } = await peek(source, telling)
  demandReadable(begin)
  const compression = compressionOf(begin)
  if (compression === undefined) return { plain: await unmarked(whole) }
  return { plain: await unmarked(uncompressed(whole, compression)), compression }
}

/** A file that is neither text nor unpacked here; the message says with what it is read. */
export class ForeignFile extends Error {}

/** @throws ForeignFile */
export function demandReadable(begin: Uint8Array): void {
  const text = Buffer.from(begin.buffer, begin.byteOffset, Math.min(begin.length, telling)).toString('latin1')
  const found = foreign.find(([, start]) => text.startsWith(start))
  if (!found) return
  const [noun, start, how] = found
  // Three letters alone may be those of a text.
  if (start === 'BZh' && !/^BZh[1-9](?:1AY&SY|\x17rE8P)/.test(text)) return
  throw new ForeignFile(`it is ${noun}, which is not read here: \`${how} FILE | opsctl ship-logs\` does`)
}

export function compressionOf(begin: Uint8Array): 'gzip' | 'zstd' | undefined {
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, index) => begin[index] === byte)
  return begins(magic.gzip) ? 'gzip' : begins(magic.zstd) ? 'zstd' : undefined
}

/** A compressed source as what was compressed. */
export const uncompressed = (source: ByteSource, compression: 'gzip' | 'zstd'): ByteSource =>
  compression === 'gzip'
    ? inflated(source, createGunzip({ chunkSize }))
    : inflated(wholeZstd(source), createZstdDecompress({ chunkSize }))

const chunkSize = 256 * 1024

function inflated(source: ByteSource, inflate: ReturnType<typeof createGunzip | typeof createZstdDecompress>): ByteSource {
  // An error of either ends the other, and whoever reads is told.
  pipeline(Readable.from(chunksOf(source), { objectMode: false }), inflate, () => {})
  const chunks = new ChunkSource(inflate)
  return {
    read: into => chunks.read(into),
    async [Symbol.asyncDispose]() {
      inflate.destroy()
      await source[Symbol.asyncDispose]()
    },
  }
}

/** As UTF-8, without the mark that says so, or as what a mark says. */
async function unmarked(source: ByteSource): Promise<ByteSource> {
  const { begin, whole } = await peek(source, 3)
  const mark = (['utf8', 'utf-16le', 'utf-16be'] as const).find(name => magic[name].every((byte, index) => begin[index] === byte))
  if (mark === undefined) return whole
  await whole.read(new Uint8Array(magic[mark].length))
  return mark === 'utf8' ? whole : new ChunkSource(decoded(whole, mark))
}

async function* decoded(source: ByteSource, encoding: 'utf-16le' | 'utf-16be'): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  for await (const chunk of chunksOf(source)) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield Buffer.from(text)
  }
  yield Buffer.from(decoder.decode())
}
