import { type Clock, sleep } from '../../core/clock.ts'
import { OpsError } from '../../core/errors.ts'
import type { Log } from '../../core/io.ts'

export interface DiskWorkOptions {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** What is done, and of what, for the two lines that are told: `remember what is delivered`. */
  readonly doing: string
  readonly about: Readonly<Record<string, unknown>>
}

const retryMs = 1000

/** Tries until the disk has room and is well again; tells when it begins to fail and when it works. Undefined where the signal aborts before. */
export async function whenDiskAllows<T>(work: () => T | Promise<T>, options: DiskWorkOptions): Promise<T | undefined> {
  const { clock, log, signal, doing, about } = options
  const began = clock.monotonic()
  for (let attempts = 1; ; attempts++) {
    try {
      const result = await work()
      if (attempts > 1) {
        const seconds = Math.round((clock.monotonic() - began) / 100) / 10
        log('warn', 'the disk is well again', { doing, ...about, seconds })
      }
      return result
    } catch (error) {
      if (!(error instanceof OpsError) || error.code !== 'E_STATE') throw error
      if (attempts === 1)
        log('error', 'the disk takes nothing: tried again until it does', { doing, ...about, problem: error.message })
    }
    if (signal.aborted) return undefined
    await sleep(clock, retryMs, signal).catch(() => {})
  }
}
