import { once } from 'node:events'
import { constants, createGzip, type Gzip } from 'node:zlib'

/** Less waits for what comes after it: to pack by itself would take longer than to pack it. */
const worthBytes = 16_384
const noBytes = Buffer.alloc(0)

/** Packs pieces as they come, the next one being made while one is packed. What is read once is packed fast. */
export async function* gzippedPieces(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 32_768 })
  const ready: Uint8Array[] = []
  gzip.on('data', (packed: Uint8Array) => ready.push(packed))
  try {
    let packing: Promise<void> | undefined
    let small = noBytes
    for await (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      if (bytes.length < worthBytes) {
        small = Buffer.concat([small, bytes])
        continue
      }
      await packing
      yield* ready.splice(0)
      if (small.length > 0) gzip.write(small)
      small = noBytes
      packing = packed(gzip, bytes)
      // It is told when it is waited for.
      packing.catch(() => {})
    }
    await packing
    const ended = once(gzip, 'end')
    gzip.end(small)
    await ended
    yield* ready
  } finally {
    gzip.destroy()
  }
}

const packed = (gzip: Gzip, piece: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => gzip.write(piece, error => (error ? reject(error) : resolve())))
