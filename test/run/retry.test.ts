import { describe, expect, test } from 'bun:test'
import { OpsError } from '../../src/lib/core/errors.ts'
import { TransportError } from '../../src/lib/core/transport.ts'
import { attemptsOf, type RetryOptions, retry } from '../../src/lib/run/retry.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

const refused = (): TransportError => new TransportError('unreachable', 'web03:22: connection refused', { retryable: true })

function setUp(over: Partial<RetryOptions> = {}) {
  const clock = new FakeClock()
  const controller = new AbortController()
  const options: RetryOptions = {
    attempts: 4,
    baseMs: 100,
    maxMs: 250,
    random: () => 0.5,
    clock,
    signal: controller.signal,
    isRetryable: error => error instanceof TransportError && error.retryable,
    ...over,
  }
  return { clock, controller, options }
}

describe('retry', () => {
  test('returns the first success and tells the task which attempt it is', async () => {
    const { clock, options } = setUp()
    const seen: number[] = []
    const result = retry(async attempt => {
      seen.push(attempt)
      if (attempt < 3) throw refused()
      return 'connected'
    }, options)
    await clock.advance(10_000)
    expect(await result).toBe('connected')
    expect(seen).toEqual([1, 2, 3])
  })

  test('waits a random share of a bound that doubles up to the maximum', async () => {
    const { clock, options } = setUp()
    const at: number[] = []
    const result = retry(async () => {
      at.push(clock.monotonic())
      throw refused()
    }, options)
    result.catch(() => {})
    await clock.advance(10_000)
    expect(at).toEqual([0, 50, 150, 275])
    await expect(result).rejects.toThrow('connection refused')
  })

  test('throws the last error as it came, with every attempt in its data', async () => {
    const { clock, options } = setUp({ attempts: 2, random: () => 0 })
    const last = refused()
    const result = retry(async attempt => Promise.reject(attempt === 2 ? last : refused()), options).catch(error => error)
    await clock.advance(1)
    const error = await result
    expect(error).toBe(last)
    expect(attemptsOf(error)).toEqual([
      { attempt: 1, message: 'web03:22: connection refused', durationMs: 0 },
      { attempt: 2, message: 'web03:22: connection refused', durationMs: 0 },
    ])
  })

  test('keeps the data an error already has', async () => {
    const { options } = setUp()
    const task = async (): Promise<never> => Promise.reject(new OpsError('E_AUTH', 'db01: refused', { data: { host: 'db01' } }))
    const error = await retry(task, options).catch(thrown => thrown)
    expect(error).toMatchObject({ code: 'E_AUTH', data: { host: 'db01', attempts: [{ attempt: 1 }] } })
  })

  test('does not repeat what is not retryable', async () => {
    const { options } = setUp()
    let runs = 0
    const task = async (): Promise<never> => {
      runs++
      throw new TransportError('hostkey', 'db01: host key changed')
    }
    await expect(retry(task, options)).rejects.toThrow('host key changed')
    expect(runs).toBe(1)
  })

  test('ends a wait at once when the signal aborts, with the reason of the signal', async () => {
    const { clock, controller, options } = setUp()
    const result = retry(async () => Promise.reject(refused()), options).catch(error => error)
    await clock.advance(20)
    controller.abort(new OpsError('E_DEADLINE', 'the deadline of 20ms passed'))
    expect(await result).toMatchObject({ code: 'E_DEADLINE' })
    expect(clock.timers).toBe(0)
  })

  test("tells the task's own error and not the deadline's when the next wait would reach the deadline", async () => {
    const { clock, options } = setUp({ until: 120 })
    const result = retry(async () => Promise.reject(refused()), options).catch(error => error)
    await clock.advance(60)
    expect(attemptsOf(await result)).toHaveLength(2)
  })

  test('does not start on a signal that has aborted', async () => {
    const { options } = setUp({ signal: AbortSignal.abort(new OpsError('E_INTERRUPTED', 'interrupted')) })
    await expect(retry(async () => 'ran', options)).rejects.toMatchObject({ code: 'E_INTERRUPTED' })
  })
})
