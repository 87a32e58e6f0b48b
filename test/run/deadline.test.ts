import { describe, expect, test } from 'bun:test'
import { sleep } from '../../src/lib/core/clock.ts'
import { OpsError } from '../../src/lib/core/errors.ts'
import { abortable, Deadline, withDeadline } from '../../src/lib/run/deadline.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

const passed = (): Error => new OpsError('E_DEADLINE', 'the deadline of 5s passed')

function setUp(ms = 5000) {
  const clock = new FakeClock()
  const outer = new AbortController()
  return { clock, outer, options: { ms, signal: outer.signal, reason: passed } }
}

describe('withDeadline', () => {
  test('throws the typed reason when the time is up, whatever the stopped task threw', async () => {
    const { clock, options } = setUp()
    const result = withDeadline(clock, options, async signal => {
      await sleep(clock, 60_000, signal).catch(() => {})
      throw new Error('socket hang up')
    }).catch(error => error)
    await clock.advance(5000)
    expect(await result).toMatchObject({ code: 'E_DEADLINE', message: 'the deadline of 5s passed' })
    expect(clock.timers).toBe(0)
  })

  test('passes the reason of the outer signal on', async () => {
    const { clock, outer, options } = setUp()
    const result = withDeadline(clock, options, signal => sleep(clock, 60_000, signal)).catch(error => error)
    outer.abort(new OpsError('E_INTERRUPTED', 'interrupted'))
    expect(await result).toMatchObject({ code: 'E_INTERRUPTED' })
    expect(clock.timers).toBe(0)
  })

  test('never settles before the task, so that nothing runs on behind its back', async () => {
    const { clock, options } = setUp()
    let cleaned = false
    const result = withDeadline(clock, options, async signal => {
      await sleep(clock, 60_000, signal).catch(() => {})
      await sleep(clock, 1000)
      cleaned = true
    })
    await clock.advance(5500)
    expect(cleaned).toBe(false)
    await clock.advance(1000)
    await result
    expect(cleaned).toBe(true)
  })

  test('returns a result in time and leaves no timer behind', async () => {
    const { clock, options } = setUp()
    expect(await withDeadline(clock, options, async () => 'up 12 days')).toBe('up 12 days')
    expect(clock.timers).toBe(0)
  })

  test('tells the own error of a task that failed in time', async () => {
    const { clock, options } = setUp()
    await expect(withDeadline(clock, options, async () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  })

  test('does not start a task whose outer signal has aborted', async () => {
    const { clock, options } = setUp()
    let ran = false
    const signal = AbortSignal.abort(new OpsError('E_INTERRUPTED', 'interrupted'))
    await expect(withDeadline(clock, { ...options, signal }, async () => (ran = true))).rejects.toMatchObject({
      code: 'E_INTERRUPTED',
    })
    expect(ran).toBe(false)
  })
})

describe('Deadline', () => {
  test('knows how much time is left, and 0 ms is no limit', async () => {
    const { clock, options } = setUp()
    using deadline = new Deadline(clock, options)
    using unlimited = new Deadline(clock, { ...options, ms: 0 })
    await clock.advance(2000)
    expect(deadline.remainingMs).toBe(3000)
    expect(unlimited.remainingMs).toBe(Number.POSITIVE_INFINITY)
    await clock.advance(4000)
    expect(deadline.remainingMs).toBe(0)
    expect(deadline.signal.aborted).toBe(true)
    expect(unlimited.signal.aborted).toBe(false)
  })

  test('does not abort once it has been disposed', async () => {
    const { clock, outer, options } = setUp()
    const deadline = new Deadline(clock, options)
    await deadline[Symbol.asyncDispose]()
    await clock.advance(10_000)
    outer.abort()
    expect(deadline.signal.aborted).toBe(false)
  })

  test('keeps memory flat over 100,000 uses of one outer signal', () => {
    const { clock, options } = setUp()
    const use = (count: number): number => {
      for (let index = 0; index < count; index++) {
        using deadline = new Deadline(clock, options)
        deadline.signal.addEventListener('abort', () => {})
      }
      Bun.gc(true)
      return process.memoryUsage.rss()
    }
    // The runtime keeps what it once took, and other tests share the process: what leaks grows in every round.
    const rounds = [1, 2, 3].map(() => use(100_000))
    const grownBytes = Math.min(...rounds.slice(1).map((bytes, index) => bytes - (rounds[index] ?? 0)))
    expect(grownBytes).toBeLessThan(20 * 1024 * 1024)
  })
})

describe('abortable', () => {
  test('leaves a promise that never settles behind', async () => {
    const controller = new AbortController()
    const result = abortable(controller.signal, new Promise<never>(() => {})).catch(error => error)
    controller.abort(passed())
    expect(await result).toMatchObject({ code: 'E_DEADLINE' })
  })

  test('passes result and failure through', async () => {
    const { signal } = new AbortController()
    expect(await abortable(signal, Promise.resolve(42))).toBe(42)
    await expect(abortable(signal, Promise.reject(new Error('EPIPE')))).rejects.toThrow('EPIPE')
  })

  test('rejects at once on a signal that has aborted, and ignores what the promise does later', async () => {
    const late = Promise.reject(new Error('too late'))
    await expect(abortable(AbortSignal.abort(passed()), late)).rejects.toThrow('deadline')
  })
})
