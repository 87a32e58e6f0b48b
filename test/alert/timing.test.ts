import { describe, expect, test } from 'bun:test'
import type { AlertingConfig } from '../../src/lib/alert/index.ts'
import { daily } from '../../src/lib/alert/window.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { hastyDisk } from '../journal/faulty-disk.ts'
import { FakeChannel, later, never, refused, WallClock } from './fake-channel.ts'
import { configOf, firing, type Opened, opened, resolved, route } from './opened.ts'

const minute = 60_000
const hour = 60 * minute
const warning = { severity: 'warning' } as const

/** One that has a directory of its own, and can be ended and begun again as after a restart. */
class Patrol implements AsyncDisposable {
  readonly #directory: Awaited<ReturnType<typeof tempDir>>
  readonly clock: WallClock
  #open: Opened

  private constructor(directory: Awaited<ReturnType<typeof tempDir>>, { clock, open }: { clock: WallClock; open: Opened }) {
    this.#directory = directory
    this.clock = clock
    this.#open = open
  }

  static async begin(config: AlertingConfig): Promise<Patrol> {
    const directory = await tempDir()
    const clock = new WallClock()
    return new Patrol(directory, { clock, open: await opened({ directory: directory.path, config, clock, disk: hastyDisk }) })
  }

  get alerting() {
    return this.#open.alerting
  }

  async restart(config: AlertingConfig, downMs = 0): Promise<void> {
    const closing = this.#open[Symbol.asyncDispose]()
    await this.clock.advance(5000)
    await closing
    await this.clock.advance(downMs)
    this.#open = await opened({ directory: this.#directory.path, config, clock: this.clock, disk: hastyDisk })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closing = this.#open[Symbol.asyncDispose]()
    await this.clock.advance(5000)
    await closing
    await this.#directory[Symbol.asyncDispose]()
  }
}

describe('a delay', () => {
  const channel = () => new FakeChannel()
  const delayed = (ops: FakeChannel) => configOf({ ops }, { routes: [route('ops', { afterMs: 10 * minute })] })

  test('holds an alert back, and it is sent when the incident is still firing then', async () => {
    const ops = channel()
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.clock.advance(10 * minute - 1)
    expect(ops.taken).toEqual([])
    expect(patrol.alerting.pending()).toMatchObject([{ channel: 'ops', state: 'delayed', dueMs: 1 }])
    await patrol.clock.advance(1)
    expect(ops.taken).toEqual(['a:firing.warning'])
  })

  test('that the end comes before means that nothing at all is sent', async () => {
    const ops = channel()
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.clock.advance(9 * minute)
    await patrol.alerting.raise([resolved('a', warning)])
    await patrol.clock.advance(hour)
    expect(ops.tried).toEqual([])
    expect(patrol.alerting.pending()).toEqual([])
  })

  test.each([hour, -hour])('neither begins anew nor ends when the clock on the wall is set by %d ms', async stepMs => {
    const ops = channel()
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.clock.advance(5 * minute)
    patrol.clock.stepMs = stepMs
    await patrol.clock.advance(5 * minute - 1)
    expect(ops.taken).toEqual([])
    await patrol.clock.advance(1)
    expect(ops.taken).toEqual(['a:firing.warning'])
  })

  test('goes on over a restart, the time without a process included', async () => {
    const ops = channel()
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning), firing('b', warning)])
    await patrol.clock.advance(3 * minute)
    await patrol.restart(delayed(ops), 2 * minute)
    await patrol.alerting.raise([resolved('b', warning)])
    await patrol.clock.advance(4 * minute)
    expect(ops.taken).toEqual([])
    await patrol.clock.advance(minute)
    expect(ops.taken).toEqual(['a:firing.warning'])
  })

  test('that ended while there was no process leaves the first looks time to say that it is over', async () => {
    const ops = channel()
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning), firing('b', warning)])
    await patrol.restart(delayed(ops), hour)
    await patrol.clock.advance(20_000)
    await patrol.alerting.raise([resolved('a', warning)])
    await patrol.clock.advance(20_000)
    expect(ops.taken).toEqual(['b:firing.warning'])
  })

  test.each([hour, -hour])('waits no longer than it is after a restart with the clock set by %d ms', async stepMs => {
    const ops = channel()
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning)])
    patrol.clock.stepMs = stepMs
    await patrol.restart(delayed(ops))
    await patrol.clock.advance(10 * minute)
    expect(ops.taken).toEqual(['a:firing.warning'])
  })

  test('is kept, and so is its way, when the configuration is read anew', async () => {
    const [ops, pager] = [channel(), channel()]
    await using patrol = await Patrol.begin(delayed(ops))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.clock.advance(5 * minute)
    patrol.alerting.reload(configOf({ ops, pager }, { routes: [route('pager')] }))
    await patrol.alerting.raise([firing('b', warning)])
    await patrol.clock.advance(5 * minute)
    expect(pager.taken).toEqual(['b:firing.warning'])
    expect(ops.taken).toEqual(['a:firing.warning'])
  })
})

describe('a more severe alert', () => {
  const routes = [
    route('pager', { match: { severities: ['critical'], labels: [] }, goesOn: true }),
    route('ops', { match: { severities: ['critical'], labels: [] } }),
    route('ops', { match: { severities: ['warning'], labels: [] }, afterMs: 10 * minute }),
  ]

  test('is one more, and the end is told once to everybody who was told of it', async () => {
    const [ops, pager] = [new FakeChannel(), new FakeChannel()]
    await using patrol = await Patrol.begin(configOf({ ops, pager }, { routes }))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.clock.advance(11 * minute)
    await patrol.alerting.raise([firing('a')])
    await patrol.alerting.raise([firing('a', warning), firing('a')])
    await patrol.clock.advance(minute)
    await patrol.alerting.raise([resolved('a')])
    await patrol.clock.advance(minute)
    expect(ops.taken).toEqual(['a:firing.warning', 'a:firing.critical', 'a:resolved'])
    expect(pager.taken).toEqual(['a:firing.critical', 'a:resolved'])
  })

  test('takes the place of what was still held back', async () => {
    const [ops, pager] = [new FakeChannel(), new FakeChannel()]
    await using patrol = await Patrol.begin(configOf({ ops, pager }, { routes }))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.clock.advance(minute)
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(hour)
    expect(ops.taken).toEqual(['a:firing.critical'])
    expect(pager.taken).toEqual(['a:firing.critical'])
  })

  test('is not told to whom it does not concern', async () => {
    const ops = new FakeChannel()
    const only = [route('ops', { match: { severities: ['warning'], labels: [] }, afterMs: 10 * minute })]
    await using patrol = await Patrol.begin(configOf({ ops }, { routes: only }))
    await patrol.alerting.raise([firing('a', warning)])
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(hour)
    expect(ops.tried).toEqual([])
  })
})

describe('the end of an incident', () => {
  test('is told where its begin is still on the way, in this order', async () => {
    const ops = new FakeChannel()
    ops.answer = () => later()
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(minute)
    await patrol.alerting.raise([resolved('a')])
    await patrol.clock.advance(10 * minute)
    ops.answer = () => ({ result: 'delivered' })
    await patrol.clock.advance(2 * minute)
    expect(ops.taken).toEqual(['a:firing.critical', 'a:resolved'])
  })

  test('is not told where its begin was refused, also when that is known only afterwards', async () => {
    const ops = new FakeChannel()
    const answers: ((delivery: typeof refused) => void)[] = []
    ops.answer = () => new Promise(resolve => answers.push(resolve))
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(1)
    await patrol.alerting.raise([resolved('a')])
    answers[0]?.(refused)
    await patrol.clock.advance(minute)
    expect(ops.tried).toEqual(['a:firing.critical'])
    expect(patrol.alerting.status()).toMatchObject([{ refused: 1, waiting: 0, lastError: { message: 'answered 404' } }])
  })

  test('is not told where the route says so', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(configOf({ ops }, { routes: [route('ops', { resolved: false })] }))
    await patrol.alerting.raise([firing('a')])
    await patrol.alerting.raise([resolved('a')])
    await patrol.clock.advance(minute)
    expect(ops.taken).toEqual(['a:firing.critical'])
  })

  test('of what nobody was told is told to nobody', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(configOf({ ops }, { routes: [route([], {})] }))
    await patrol.alerting.raise([firing('a'), resolved('a'), resolved('b')])
    await patrol.clock.advance(hour)
    expect(ops.tried).toEqual([])
  })
})

describe('a channel that fails', () => {
  test('is asked again and again, ever more seldom, and for ever', async () => {
    const ops = new FakeChannel()
    ops.answer = () => later('connection refused')
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(minute)
    const early = ops.tried.length
    expect(early).toBeGreaterThanOrEqual(4)
    await patrol.clock.advance(hour)
    const inAnHour = ops.tried.length - early
    expect(inAnHour).toBeGreaterThanOrEqual(60)
    expect(inAnHour).toBeLessThan(300)
    expect(patrol.alerting.status()).toMatchObject([
      { waiting: 1, oldestMs: 61 * minute, lastError: { message: 'connection refused' } },
    ])
    ops.answer = () => ({ result: 'delivered' })
    await patrol.clock.advance(minute)
    expect(ops.taken).toEqual(['a:firing.critical'])
  })

  test('is not asked before the moment that it names, and never silenced for more than an hour', async () => {
    const ops = new FakeChannel()
    ops.answer = () => later('answered 429', 120_000)
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('a'), firing('b'), firing('c')])
    await patrol.clock.advance(119_999)
    const tried = ops.tried.length
    expect(tried).toBeLessThanOrEqual(4)
    ops.answer = () => later('answered 429', 10 * 365 * 24 * hour)
    await patrol.clock.advance(minute)
    expect(ops.tried.length).toBeGreaterThan(tried)
    ops.answer = () => ({ result: 'delivered' })
    await patrol.clock.advance(hour + minute)
    expect(ops.taken.toSorted()).toEqual(['a:firing.critical', 'b:firing.critical', 'c:firing.critical'])
  })

  test('with one alert alone does not hold up the others', async () => {
    const ops = new FakeChannel()
    ops.answer = key => (key.startsWith('poison') ? later('answered 500') : { result: 'delivered' })
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('poison'), ...Array.from({ length: 50 }, (_, n) => firing(`x${n}`))])
    await patrol.clock.advance(5 * minute)
    expect(ops.taken).toHaveLength(50)
  })

  test('by silence is given up after 10 s, and holds up no other channel', async () => {
    const [ops, pager] = [new FakeChannel(), new FakeChannel()]
    ops.answer = never
    await using patrol = await Patrol.begin(configOf({ ops, pager }))
    await patrol.alerting.raise(Array.from({ length: 100 }, (_, n) => firing(`x${n}`)))
    await patrol.clock.advance(1)
    expect(pager.taken).toHaveLength(100)
    expect(ops.tried).toHaveLength(4)
    expect(patrol.alerting.status()[0]).toMatchObject({ waiting: 100, nextTryMs: 0 })
    await patrol.clock.advance(10_000)
    expect(patrol.alerting.status()[0]).toMatchObject({ lastError: { message: 'no answer within 10 s' } })
    ops.answer = () => ({ result: 'delivered' })
    await patrol.clock.advance(2 * minute)
    expect(new Set(ops.taken).size).toBe(100)
    expect(ops.taken).toHaveLength(100)
  })
})

describe('what is too much for a channel', () => {
  test('is dropped, the oldest of the least severe first, and told', async () => {
    const ops = new FakeChannel()
    ops.answer = () => later()
    const directory = await tempDir()
    const clock = new FakeClock()
    const open = await opened({
      directory: directory.path,
      config: configOf({ ops }),
      clock,
      disk: hastyDisk,
      bounds: { alerts: 6, bytes: 1e6 },
    })
    const { alerting, logged } = open
    const raise = (names: string, severity: 'info' | 'warning' | 'critical') =>
      alerting.raise([...names].map(name => firing(name, { severity })))
    await raise('abc', 'critical')
    await raise('d', 'info')
    await raise('ef', 'warning')
    await raise('g', 'info')
    await raise('hi', 'critical')
    await alerting.raise([resolved('f', warning)])
    expect(alerting.status()).toMatchObject([{ waiting: 5, dropped: 4 }])
    const told = logged.filter(({ level }) => level === 'error')
    expect(told).toMatchObject([{ fields: { channel: 'ops', dropped: 1 } }])
    ops.answer = () => ({ result: 'delivered' })
    await clock.advance(hour)
    expect(ops.taken.toSorted()).toEqual(['a', 'b', 'c', 'h', 'i'].map(name => `${name}:firing.critical`))
    await open[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })
})

describe('a repeat', () => {
  const repeating = (ops: FakeChannel) => configOf({ ops }, { routes: [route('ops', { repeatMs: 4 * hour })] })

  test('comes so often while the incident is firing, each under a key of its own, also over a restart', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(repeating(ops))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(9 * hour)
    expect(ops.taken).toEqual(['a:firing.critical', 'a:firing.critical.1', 'a:firing.critical.2'])
    await patrol.restart(repeating(ops), hour)
    await patrol.clock.advance(hour)
    expect(ops.taken).toHaveLength(3)
    await patrol.clock.advance(hour)
    expect(ops.taken.at(-1)).toBe('a:firing.critical.3')
    await patrol.alerting.raise([resolved('a')])
    await patrol.clock.advance(24 * hour)
    expect(ops.taken.slice(4)).toEqual(['a:resolved'])
  })

  test('that is refused is not tried at once again', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(repeating(ops))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(minute)
    ops.answer = () => refused
    await patrol.clock.advance(13 * hour)
    expect(ops.tried).toHaveLength(4)
  })

  test('for a receiver that forgets is no news: it is neither counted nor kept', async () => {
    const ops = new FakeChannel({ resendMs: minute })
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(10 * minute)
    expect(ops.taken).toHaveLength(11)
    expect(new Set(ops.taken)).toEqual(new Set(['a:firing.critical']))
    expect(patrol.alerting.status()).toMatchObject([{ delivered: 1 }])
    await patrol.alerting.raise([resolved('a')])
    await patrol.clock.advance(10 * minute)
    expect(ops.taken.slice(11)).toEqual(['a:resolved'])
  })
})

describe('a window', () => {
  // The clock of these tests begins at 01:30 UTC.
  const night = { days: new Set([0, 1, 2, 3, 4, 5, 6]), from: 60, to: 180, zone: 'UTC' }
  const muted = (ops: FakeChannel) =>
    configOf({ ops }, { mutes: [{ name: 'night', match: { labels: [] }, covers: daily(night) }] })

  test('holds back what begins, until it ends', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(muted(ops))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(hour)
    expect(patrol.alerting.pending()).toMatchObject([{ state: 'muted', mutedBy: 'night' }])
    expect(patrol.alerting.status()).toMatchObject([{ waiting: 0, delayed: 1 }])
    await patrol.clock.advance(31 * minute)
    expect(ops.taken).toEqual(['a:firing.critical'])
  })

  test('in which an incident begins and ends lets nothing through', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(muted(ops))
    await patrol.alerting.raise([firing('a'), resolved('a'), firing('b')])
    await patrol.clock.advance(minute)
    await patrol.alerting.raise([resolved('b')])
    await patrol.clock.advance(3 * hour)
    expect(ops.tried).toEqual([])
    expect(patrol.alerting.pending()).toEqual([])
  })

  test('does not hold back the end of what was told', async () => {
    const ops = new FakeChannel()
    await using patrol = await Patrol.begin(configOf({ ops }))
    await patrol.alerting.raise([firing('a')])
    await patrol.clock.advance(1)
    patrol.alerting.reload(muted(ops))
    await patrol.alerting.raise([resolved('a')])
    await patrol.clock.advance(1)
    expect(ops.taken).toEqual(['a:firing.critical', 'a:resolved'])
  })
})

test('what waits for a channel that is not configured any more is kept until it is again', async () => {
  const ops = new FakeChannel()
  ops.answer = () => later()
  await using patrol = await Patrol.begin(configOf({ ops }))
  await patrol.alerting.raise([firing('a')])
  await patrol.restart(configOf({}))
  expect(patrol.alerting.status()).toMatchObject([{ name: 'ops', waiting: 1 }])
  expect(patrol.alerting.status()[0]).not.toHaveProperty('type')
  ops.answer = () => ({ result: 'delivered' })
  patrol.alerting.reload(configOf({ ops }))
  await patrol.clock.advance(minute)
  expect(ops.taken).toEqual(['a:firing.critical'])
})
