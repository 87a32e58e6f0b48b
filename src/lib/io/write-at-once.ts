import { fileSystem } from './file-system.ts'
import { wasClosed } from './process-stream.ts'

/**
 * Writes a text to stdout before it returns, as a start does that has nothing else to do. False where the stream is closed, full or broken,
 * which is told elsewhere.
 */
export function writeAtOnce(text: string): boolean {
  if (wasClosed(stdout)) return false
  const bytes = new TextEncoder().encode(text)
  for (let from = 0; from < bytes.length; ) {
    try {
      from += fileSystem().writeSync(stdout, bytes, from)
    } catch (error) {
      if (!isFull(error)) return false
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs)
    }
  }
  return true
}

const stdout = 1
const pauseMs = 5

/** A pipe that someone else made non-blocking, and that nobody empties at the moment. */
const isFull = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EAGAIN'
