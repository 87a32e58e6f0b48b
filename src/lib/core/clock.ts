/** Time as the outside world gives it; tests bring another. All figures in milliseconds. */
export interface Clock {
  /** Since the epoch, UTC. For people and records. */
  now(): number
  /** From an arbitrary start, never set back. For durations and deadlines. */
  monotonic(): number
  /** Calls once after `ms`; the returned function cancels. One in the background does not keep the process alive. */
  timer(ms: number, call: () => void, options?: { readonly background?: boolean }): () => void
}

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.timer(ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** The same clock, whose time for people goes on from now as the monotonic one does: whoever sets the clock on the wall moves nothing of a run. */
export function steadyClock(clock: Clock): Clock {
  const [epoch, began] = [clock.now(), clock.monotonic()]
  return {
    now: () => Math.round(epoch + clock.monotonic() - began),
    monotonic: () => clock.monotonic(),
    timer: (ms, call, options) => clock.timer(ms, call, options),
  }
}

/** A moment in RFC 3339, UTC, milliseconds. */
export const rfc3339 = (epochMs: number): string => new Date(epochMs).toISOString()

/** To be called within long work, often: gives a promise to wait for when everything else must have its turn first. */
export type GiveWay = () => Promise<void> | undefined

/** Others have their turn at least every so many milliseconds. */
export function givingWay(clock: Clock, everyMs = 5): GiveWay {
  let last = clock.monotonic()
  return () => {
    if (clock.monotonic() - last < everyMs) return undefined
    return sleep(clock, 0).then(() => {
      last = clock.monotonic()
    })
  }
}
