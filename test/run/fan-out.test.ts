import { describe, expect, test } from 'bun:test'
import { FanOut, type FanOutOptions, type FanOutTarget } from '../../src/lib/run/fan-out.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

interface Result {
  readonly name: string
  readonly ok: boolean
  readonly why?: string
}

/** One turn of the event loop. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const web = (count: number): FanOutTarget[] =>
  Array.from({ length: count }, (_, index) => ({ name: `web${index + 1}`, weight: 1 }))

function fanOut(
  options: Partial<FanOutOptions<FanOutTarget, Result>> & Pick<FanOutOptions<FanOutTarget, Result>, 'targets' | 'task'>,
) {
  const results: Result[] = []
  const run = new FanOut<FanOutTarget, Result>({
    concurrency: 4,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    skipped: ({ name }, why) => ({ name, ok: false, why }),
    isFailure: result => !result.ok,
    maxFailures: Number.POSITIVE_INFINITY,
    onResult: result => void results.push(result),
    ...options,
  })
  return { run, results }
}

describe('a fan-out', () => {
  test('gives one result a target and never runs more than the concurrency', async () => {
    let running = 0
    let most = 0
    const { run, results } = fanOut({
      targets: web(50),
      task: async ({ name }) => {
        most = Math.max(most, ++running)
        await turn()
        running--
        return { name, ok: true }
      },
    })
    await run.run()
    expect(results.map(result => result.name).sort()).toEqual(
      web(50)
        .map(target => target.name)
        .sort(),
    )
    expect(most).toBe(4)
  })

  test('lets a heavy target take its share', async () => {
    let weight = 0
    let most = 0
    const targets = [{ name: 'db1', weight: 3 }, ...web(6)]
    const { run } = fanOut({
      targets,
      task: async target => {
        weight += target.weight
        most = Math.max(most, weight)
        await turn()
        weight -= target.weight
        return { name: target.name, ok: true }
      },
    })
    await run.run()
    expect(most).toBe(4)
  })

  test('starts no further target once strictly more than the limit failed', async () => {
    const started: string[] = []
    const { run, results } = fanOut({
      targets: web(10),
      concurrency: 1,
      maxFailures: 2,
      task: async ({ name }) => {
        started.push(name)
        return { name, ok: false }
      },
    })
    await run.run()
    expect(started).toEqual(['web1', 'web2', 'web3'])
    expect(results.filter(result => result.why === 'max-fail')).toHaveLength(7)
  })

  test('still gives every target a result when it is stopped, and tells the running ones by the signal', async () => {
    const abort = new AbortController()
    const { run, results } = fanOut({
      targets: web(10),
      concurrency: 2,
      signal: abort.signal,
      task: ({ name }) =>
        new Promise(resolve => {
          abort.signal.addEventListener('abort', () => resolve({ name, ok: false, why: 'told' }))
          if (name === 'web2') queueMicrotask(() => abort.abort(new Error('stop')))
        }),
    })
    await run.run()
    expect(results).toHaveLength(10)
    expect(results.filter(result => result.why === 'told').map(result => result.name)).toEqual(['web1', 'web2'])
    expect(results.filter(result => result.why === 'stopped')).toHaveLength(8)
  })

  test('tells who is running, in which phase and for how long', async () => {
    const clock = new FakeClock()
    let release: () => void = () => {}
    const { run } = fanOut({
      targets: web(2),
      concurrency: 1,
      clock,
      task: ({ name }, tracker) => {
        tracker.phase('handshake')
        return new Promise(resolve => {
          release = () => resolve({ name, ok: true })
        })
      },
    })
    const done = run.run()
    await clock.advance(1500)
    expect(run.pending()).toEqual([{ name: 'web1', phase: 'handshake', forMs: 1500 }])
    expect(run.waiting).toBe(1)
    release()
    await turn()
    expect(run.pending().map(pending => pending.name)).toEqual(['web2'])
    release()
    await done
  })
})
