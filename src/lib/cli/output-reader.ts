import type { RenderEnv } from '../core/component.ts'
import type { OutputRef } from '../core/item.ts'
import type { OutputStore } from '../core/output-store.ts'

const defaultLimitBytes = 1024 * 1024

/** Reads remote output as text for renderers, never more than the limit. */
export function outputReader(outputs: OutputStore): RenderEnv['readOutput'] {
  return async (ref: OutputRef, limitBytes = defaultLimitBytes) => {
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of outputs.read(ref)) {
      pieces.push(piece.subarray(0, limitBytes - size))
      size += piece.length
      if (size >= limitBytes) break
    }
    return { text: new TextDecoder().decode(Buffer.concat(pieces)), truncated: ref.bytes > limitBytes }
  }
}
