import type { OutputRef } from './item.ts'

/** Remote output by reference: small pieces in memory, larger ones in spill files of mode 0600, all with a digest. */
export interface OutputStore extends AsyncDisposable {
  /** With `keep`, the whole output goes to that file and stays; else it is gone when the run ends. */
  open(id: string, options?: { readonly keep?: string; readonly discard?: boolean }): OutputWriter
  read(ref: OutputRef): AsyncIterable<Uint8Array>
  /** Frees what is held of it, kept files excepted. */
  release(ref: OutputRef): void
}

export interface OutputWriter {
  /** May return a promise that wants to be awaited before the next piece. */
  write(bytes: Uint8Array): void | Promise<void>
  close(): Promise<OutputRef>
}
