import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { type ByteSource, ChunkSource, chunksOf, peek } from './byte-source.ts'
import { wholeZstd } from './zstd-frames.ts'

const magic = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  utf8: [0xef, 0xbb, 0xbf],
  'utf-16': [0xff, 0xfe],
  'UTF-16': [0xfe, 0xff],
} as const

/** What a source holds, out of its compression, which its first bytes tell, and without a mark of byte order. */
export async function plainSource(
  source: ByteSource,
): Promise<{ readonly plain: ByteSource; readonly compression?: 'gzip' | 'zstd' }> {
  const { begin, whole } = await peek(source, 4)
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, index) => begin[index] === byte)
  if (begins(magic['utf-16']) || begins(magic['UTF-16'])) throw new Error('it is UTF-16, which can not be read yet')
  const compression = compressionOf(begin)
  if (compression === undefined) return { plain: await unmarked(whole) }
  return { plain: await unmarked(uncompressed(whole, compression)), compression }
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

async function unmarked(source: ByteSource): Promise<ByteSource> {
  const mark = magic.utf8
  const { begin, whole } = await peek(source, mark.length)
  if (!mark.every((byte, index) => begin[index] === byte)) return whole
  await whole.read(new Uint8Array(mark.length))
  return whole
}
