import type { FileHandle } from 'node:fs/promises'

/** Appends all of the bytes: one write may take only a part, and a nearly full disk does that before it refuses. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at)
    at += bytesWritten
  }
}
