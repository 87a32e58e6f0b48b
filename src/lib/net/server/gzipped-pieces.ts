import { once } from 'node:events'
import { constants, createGzip, type Gzip } from 'node:zlib'

/** Packs pieces as they come, the next one being made while one is packed. What is read once is packed fast. */
export async function* gzippedPieces(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 32_768 })
  const ready: Uint8Array[] = []
  gzip.on('data', (packed: Uint8Array) => ready.push(packed))
  try {
    let packing: Promise<void> | undefined
    for await (const piece of pieces) {
      await packing
      yield* ready.splice(0)
      packing = packed(gzip, piece)
      // It is told when it is waited for.
      packing.catch(() => {})
    }
    await packing
    const ended = once(gzip, 'end')
    gzip.end()
    await ended
    yield* ready
  } finally {
    gzip.destroy()
  }
}

const packed = (gzip: Gzip, piece: string | Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => gzip.write(piece, error => (error ? reject(error) : resolve())))
