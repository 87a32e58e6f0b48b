import type { ByteSource } from './byte-source.ts'

/** A source that may wait for ever, as pipes do: it ends when the signal aborts, and what it waits for is left to the end of the process. */
export function untilStopped(source: ByteSource, signal: AbortSignal): ByteSource {
  return {
    read: into => unlessStopped(source.read(into), { signal, otherwise: 0 }),
    async [Symbol.asyncDispose]() {
      const closing = source[Symbol.asyncDispose]()
      if (!signal.aborted) await closing
      // Of what nobody waits for nobody wants to hear.
      else Promise.resolve(closing).catch(() => {})
    },
  }
}

/** What comes of the work, or `otherwise` when the signal aborts first. */
export function unlessStopped<T, U>(
  work: Promise<T>,
  { signal, otherwise }: { readonly signal: AbortSignal; readonly otherwise: U },
): Promise<T | U> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(otherwise)
    if (signal.aborted) stop()
    // Taken away each time: a long run reads often.
    signal.addEventListener('abort', stop)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
