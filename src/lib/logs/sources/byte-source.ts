/** Bytes that are read one after the other. */
export interface ByteSource extends AsyncDisposable {
  /** Fills the beginning of `into` and gives how much; 0 at the end. Also 0 when the run was told to stop. */
  read(into: Uint8Array): Promise<number>
}

/** Pieces as they come, as one source. */
export class ChunkSource implements ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done) return 0
      this.#rest = value
    }
    const part = this.#rest.subarray(0, into.length)
    into.set(part)
    this.#rest = this.#rest.subarray(part.length)
    return part.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.()
  }
}

/** The same source, and the bytes that it begins with: at most `length`, fewer where it is shorter. They will be read all the same. */
export async function peek(
  source: ByteSource,
  length: number,
): Promise<{ readonly begin: Uint8Array; readonly whole: ByteSource }> {
  const begin = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const read = await source.read(begin.subarray(filled))
    if (read === 0) break
    filled += read
  }
  let rest = begin.subarray(0, filled)
  return {
    begin: rest,
    whole: {
      async read(into) {
        if (rest.length === 0) return await source.read(into)
        const part = rest.subarray(0, into.length)
        into.set(part)
        rest = rest.subarray(part.length)
        return part.length
      },
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    },
  }
}

/** The pieces of a source; each is another one's memory. */
export async function* chunksOf(source: ByteSource): AsyncIterable<Uint8Array> {
  for (;;) {
    const chunk = new Uint8Array(chunkBytes)
    const read = await source.read(chunk)
    if (read === 0) return
    yield chunk.subarray(0, read)
  }
}

const chunkBytes = 128 * 1024
