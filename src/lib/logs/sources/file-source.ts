import { type FileHandle, open } from 'node:fs/promises'
import type { ByteSource } from './byte-source.ts'
import { unlessStopped, untilStopped } from './until-stopped.ts'

/** A file from its beginning. A pipe with a name is one too: it waits for its writer, or until the signal aborts. */
export async function openFile(path: string, signal: AbortSignal): Promise<ByteSource> {
  const handle = await unlessStopped(open(path, 'r'), { signal, otherwise: undefined })
  if (handle === undefined) return empty
  const source = fileSource(handle)
  return (await handle.stat()).isFile() ? source : untilStopped(source, signal)
}

const fileSource = (handle: FileHandle): ByteSource => ({
  read: async into => (await handle.read(into, 0, into.length, null)).bytesRead,
  [Symbol.asyncDispose]: () => handle.close(),
})

const empty: ByteSource = { read: async () => 0, [Symbol.asyncDispose]: async () => {} }
