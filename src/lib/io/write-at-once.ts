import { fileSystem } from './file-system.ts'
import { isTerminalAt, wasClosed } from './process-stream.ts'

// What a start needs that has nothing else to do than to write a text that is known. The compiled program has its runtime's own calls
// in place of this module (scripts/release/native/).

export const stdoutIsTerminal = (): boolean => isTerminalAt(stdout)

/** Writes a text to stdout. False where the stream is closed, full or broken, which is told elsewhere. */
export async function writeAtOnce(text: string): Promise<boolean> {
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
