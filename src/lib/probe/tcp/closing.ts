import type { Duplex } from 'node:stream'
import type { CheckPlace } from '../../core/check.ts'

/** What was said last has so long to be gone, milliseconds. */
const graceMs = 100

/** Closes a stream after what was written to it is gone. */
export function closing(stream: Duplex, { clock, signal }: Pick<CheckPlace, 'clock' | 'signal'>): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      cancel()
      signal.removeEventListener('abort', done)
      for (const event of ['finish', 'error', 'close']) stream.off(event, done)
      stream.on('error', () => undefined).destroy()
      resolve()
    }
    const cancel = clock.timer(graceMs, done)
    signal.addEventListener('abort', done, { once: true })
    for (const event of ['finish', 'error', 'close']) stream.once(event, done)
    if (stream.destroyed || signal.aborted) done()
    else stream.end()
  })
}
