import { open } from 'node:fs/promises'
import type { ByteSource } from './byte-source.ts'

/** A file from its beginning. A pipe with a name is one too: a read of it waits for its writer, or until the signal aborts. */
export async function openFile(path: string, signal: AbortSignal): Promise<ByteSource> {
  const stopped = new Promise<0>(resolve => signal.addEventListener('abort', () => resolve(0), { once: true }))
  const opening = open(path, 'r')
  const handle = await Promise.race([opening, stopped])
  if (handle === 0) return { read: async () => 0, [Symbol.asyncDispose]: async () => {} }
  const isPlain = (await handle.stat()).isFile()
  return {
    async read(into) {
      if (signal.aborted) return 0
      const reading = handle.read(into, 0, into.length, null).then(({ bytesRead }) => bytesRead)
      return isPlain ? await reading : await Promise.race([reading, stopped])
    },
    async [Symbol.asyncDispose]() {
      // What waits in a pipe is given up when the process ends.
      if (isPlain || !signal.aborted) await handle.close()
    },
  }
}
