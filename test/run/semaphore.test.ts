import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Lease, Semaphore } from '../../src/lib/run/semaphore.ts'

const never = new AbortController().signal

describe('Semaphore', () => {
  test('lets as much weight through as fits and the rest in order of arrival', async () => {
    const semaphore = new Semaphore(3)
    const order: string[] = []
    const db = await semaphore.acquire(2, never)
    const web = await semaphore.acquire(1, never)
    const task = async (name: string): Promise<void> => {
      using _lease = await semaphore.acquire(1, never)
      order.push(name)
    }
    const later = ['web02', 'web03'].map(task)
    db[Symbol.dispose]()
    await Promise.all(later)
    web[Symbol.dispose]()
    expect(order).toEqual(['web02', 'web03'])
  })

  test('never lets light tasks overtake a heavy one that waits', async () => {
    const semaphore = new Semaphore(4)
    const order: string[] = []
    const leases: Lease[] = await Promise.all([1, 2, 3, 4].map(() => semaphore.acquire(1, never)))
    const task = async (name: string, weight: number): Promise<void> => {
      using _lease = await semaphore.acquire(weight, never)
      order.push(name)
    }
    const tasks = [task('heavy', 4), task('light', 1)]
    for (const lease of leases) lease[Symbol.dispose]()
    await Promise.all(tasks)
    expect(order).toEqual(['heavy', 'light'])
  })

  test('lets a task that weighs more than the capacity run alone', async () => {
    const semaphore = new Semaphore(2)
    const heavy = await semaphore.acquire(100, never)
    let second = false
    const light = semaphore.acquire(1, never).then(() => (second = true))
    await Promise.resolve()
    expect(second).toBe(false)
    heavy[Symbol.dispose]()
    await light
    expect(second).toBe(true)
  })

  test('counts a lease that is given back twice once', async () => {
    const semaphore = new Semaphore(1)
    const first = await semaphore.acquire(1, never)
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    await semaphore.acquire(1, never)
    let third = false
    void semaphore.acquire(1, never).then(() => (third = true))
    await new Promise(resolve => setImmediate(resolve))
    expect(third).toBe(false)
  })

  test('gives the lease back when the task throws', async () => {
    const semaphore = new Semaphore(1)
    const fail = async (): Promise<void> => {
      using _lease = await semaphore.acquire(1, never)
      throw new Error('connection refused')
    }
    await expect(fail()).rejects.toThrow('connection refused')
    await semaphore.acquire(1, never)
  })

  test('rejects with the reason of the signal, and serves those behind an aborted heavy waiter at once', async () => {
    const semaphore = new Semaphore(2)
    const held = await semaphore.acquire(1, never)
    const controller = new AbortController()
    const heavy = semaphore.acquire(2, controller.signal)
    const light = semaphore.acquire(1, never)
    controller.abort(new Error('deadline passed'))
    await expect(heavy).rejects.toThrow('deadline passed')
    await light
    await expect(semaphore.acquire(1, controller.signal)).rejects.toThrow('deadline passed')
    held[Symbol.dispose]()
  })

  test('puts one listener on a signal however many wait with it, and takes it off with the last of them', async () => {
    const { signal } = new AbortController()
    const listeners = countListeners(signal)
    const semaphore = new Semaphore(1)
    const run = async (): Promise<void> => {
      using _lease = await semaphore.acquire(1, signal)
    }
    const held = await semaphore.acquire(1, signal)
    const runs = Array.from({ length: 1000 }, run)
    expect(listeners()).toBe(1)
    held[Symbol.dispose]()
    await Promise.all(runs)
    expect(listeners()).toBe(0)
  })

  test.each([0, -1, 0.5, Number.NaN])('refuses a weight of %p', async weight => {
    await expect(new Semaphore(1).acquire(weight, never)).rejects.toMatchObject({ code: 'E_BUG' })
    expect(() => new Semaphore(weight)).toThrow('capacity')
  })

  type Step =
    | { act: 'acquire'; weight: number; group: number }
    | { act: 'release'; which: number }
    | { act: 'abort'; group: number }
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ act: fc.constant('acquire' as const), weight: fc.integer({ min: 1, max: 9 }), group: fc.nat(7) }),
    },
    { weight: 4, arbitrary: fc.record({ act: fc.constant('release' as const), which: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant('abort' as const), group: fc.nat(7) }) },
  )

  test('never exceeds its capacity, loses no wake-up, keeps the order and settles everyone, whatever happens in whatever order', async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(step, { maxLength: 120 }),
      async (capacity, steps) => {
        const semaphore = new Semaphore(capacity)
        const model = new Model(capacity, semaphore)
        for (const next of steps) {
          await model.apply(next)
          model.check()
        }
        await model.drain()
      },
    )
    await fc.assert(property, { numRuns: 150 })
  })
})

/** What must be true, worked out the simple way: the expected holders are the longest prefix of the queue that fits. */
class Model {
  readonly #controllers = Array.from({ length: 8 }, () => new AbortController())
  readonly #tasks: Task[] = []

  constructor(
    readonly capacity: number,
    readonly semaphore: Semaphore,
  ) {}

  async apply(step: { act: string; weight?: number; group?: number; which?: number }): Promise<void> {
    if (step.act === 'acquire') this.#acquire(step.weight ?? 1, step.group ?? 0)
    if (step.act === 'release') this.#release(step.which ?? 0)
    if (step.act === 'abort') this.#abort(step.group ?? 0)
    await new Promise(resolve => setImmediate(resolve))
  }

  check(): void {
    let used = 0
    for (const task of this.#tasks) if (task.state === 'holds') used += task.weight
    expect(used).toBeLessThanOrEqual(this.capacity)
    const first = this.#tasks.find(task => task.state === 'waits')
    if (first) expect(used + first.weight).toBeGreaterThan(this.capacity)
    const waiting = this.#tasks.indexOf(first ?? (this.#tasks.at(-1) as Task))
    expect(this.#tasks.slice(waiting + 1).every(task => task.state !== 'holds' || first === undefined)).toBe(true)
  }

  async drain(): Promise<void> {
    for (let guard = 0; this.#tasks.some(task => task.state === 'holds' || task.state === 'waits') && guard < 500; guard++) {
      await this.apply({ act: 'release', which: 0 })
      this.check()
    }
    expect(this.#tasks.every(task => task.state === 'done' || task.state === 'aborted')).toBe(true)
  }

  #acquire(weight: number, group: number): void {
    const task: Task = { weight: Math.min(weight, this.capacity), group, state: 'waits', lease: undefined }
    this.#tasks.push(task)
    const { signal } = this.#controllers[group] as AbortController
    this.semaphore.acquire(weight, signal).then(
      lease => Object.assign(task, { lease, state: 'holds' }),
      () => Object.assign(task, { state: 'aborted' }),
    )
  }

  #release(which: number): void {
    const holders = this.#tasks.filter(task => task.state === 'holds')
    const task = holders[which % Math.max(1, holders.length)]
    if (task === undefined) return
    task.state = 'done'
    task.lease?.[Symbol.dispose]()
  }

  #abort(group: number): void {
    this.#controllers[group]?.abort(new Error('stop'))
    this.#controllers[group] = new AbortController()
  }
}

interface Task {
  weight: number
  group: number
  state: 'waits' | 'holds' | 'done' | 'aborted'
  lease: Lease | undefined
}

/** How many listeners have been put on a signal and not been taken off. */
function countListeners(signal: AbortSignal): () => number {
  let count = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>): void => {
    count++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>): void => {
    count--
    removeEventListener.apply(signal, args)
  }
  return () => count
}
