import { describe, expect, test } from 'bun:test'
import { makeProgress } from '../../src/lib/io/progress.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { FakePort, settle } from './fake-terminal.ts'

const early = { total: 100, done: 0, failed: 0, running: 32 }
const half = { total: 100, done: 50, failed: 2, running: 32 }

async function start(isTerminal: boolean, enabled = true) {
  const port = new FakePort(isTerminal)
  const clock = new FakeClock()
  return { port, clock, progress: await makeProgress({ port, clock, enabled }) }
}

/** ora is loaded with the first update. */
async function drawn(port: FakePort): Promise<void> {
  for (const end = performance.now() + 5000; port.writes.length === 0 && performance.now() < end; ) await settle()
}

/** Starts on a terminal and waits for the first drawing. */
async function running() {
  const all = await start(true)
  all.progress.update(early)
  await drawn(all.port)
  return all
}

describe('on a terminal', () => {
  test('draws one line at once and keeps it up to date', async () => {
    const { port, clock, progress } = await running()
    expect(port.screen).toMatch(/^\S ─{20} 0\/100 done, 32 running$/)
    await clock.advance(9000)
    progress.update(half)
    await clock.advance(3000)
    expect(port.screen).toMatch(/^\S ━{10}─{10} 50\/100 done, 2 failed, 32 running, 12s, about 12s left$/)
    expect(port.screen).not.toContain('\n')
  })

  test('writes ten times a second at most, however often it is updated', async () => {
    const { port, clock, progress } = await running()
    const before = port.writes.length
    for (let done = 1; done <= 100; done++) {
      progress.update({ ...early, done })
      await clock.advance(10)
    }
    expect(port.writes.length - before).toBeLessThanOrEqual(10)
    expect(port.writes.length - before).toBeGreaterThan(5)
  })

  test('goes out of the way of output and comes back after it', async () => {
    const { port, clock, progress } = await running()
    await progress.around(() => port.write('web1: 12.11\n'))
    expect(port.screen).toBe('web1: 12.11\n')
    await clock.advance(100)
    expect(port.screen).toMatch(/^web1: 12\.11\n\S ─+ 0\/100 done/)
  })

  test('stays away while output stands in mid-line', async () => {
    const { port, clock, progress } = await running()
    await progress.around(() => port.write('Password for root: '), false)
    await clock.advance(1000)
    expect(port.screen).toBe('Password for root: ')
    await progress.around(() => port.write('\n'))
    await clock.advance(100)
    expect(port.screen).toMatch(/^Password for root: \n\S ─+ 0\/100 done/)
  })

  test('does not draw into a write that takes its time', async () => {
    const { port, clock, progress } = await running()
    const first = Promise.withResolvers<void>()
    const written = progress.around(async () => {
      await port.write('half of a line, ')
      await first.promise
      await port.write('the other half\n')
    })
    await clock.advance(500)
    first.resolve()
    await written
    expect(port.screen).toBe('half of a line, the other half\n')
  })

  test('lets a second write wait until the line is really gone', async () => {
    const { port, clock, progress } = await running()
    await clock.advance(100)
    const slow = Promise.withResolvers<void>()
    port.onWrite = () => slow.promise
    const order: string[] = []
    const writes = ['first', 'second'].map(name => progress.around(async () => void order.push(name)))
    await settle()
    expect(order).toEqual([])
    slow.resolve()
    await Promise.all(writes)
    expect(order).toEqual(['first', 'second'])
  })

  test('skips drawings while the terminal is slow', async () => {
    const { port, clock } = await running()
    const slow = Promise.withResolvers<void>()
    port.onWrite = () => slow.promise
    const before = port.writes.length
    await clock.advance(2000)
    expect(port.writes.length - before).toBe(1)
    slow.resolve()
    await clock.advance(200)
    expect(port.writes.length - before).toBeGreaterThan(1)
  })

  test('takes the line away for good when it stops', async () => {
    const { port, clock, progress } = await running()
    await progress.stop()
    expect(port.screen).toBe('')
    const writes = port.writes.length
    progress.update(half)
    await clock.advance(1000)
    await progress.stop()
    expect(port.writes.length).toBe(writes)
    expect(clock.timers).toBe(0)
  })

  test('draws nothing when it is stopped before it could', async () => {
    const { port, clock, progress } = await start(true)
    progress.update(early)
    await progress.stop()
    await clock.advance(1000)
    expect(port.writes).toEqual([])
  })

  test('leaves out bar and time where the terminal is narrow, and never wraps', async () => {
    for (const columns of [12, 30, 40, 60, 80, 200]) {
      const { port, clock, progress } = await start(true)
      port.columns = columns
      progress.update(half)
      await drawn(port)
      await clock.advance(90_000)
      expect(port.screen.length).toBeLessThan(columns)
      expect(port.screen).toContain('50/100'.slice(0, columns - 3))
    }
  })

  test('gives up without a sound when the terminal goes away', async () => {
    const { port, clock, progress } = await running()
    port.onWrite = () => Promise.reject(new Error('EIO'))
    await clock.advance(500)
    await progress.around(async () => undefined)
    await progress.stop()
    expect(clock.timers).toBe(0)
  })
})

describe('elsewhere', () => {
  test('prints a plain line every 30 seconds', async () => {
    const { port, clock, progress } = await start(false)
    progress.update(early)
    await clock.advance(40_000)
    progress.update(half)
    await clock.advance(30_000)
    expect(port.writes).toEqual(['0/100 done, 32 running after 30s\n', '50/100 done, 2 failed, 32 running after 1m\n'])
  })

  test('prints nothing of a short run', async () => {
    const { port, clock, progress } = await start(false)
    progress.update(early)
    await clock.advance(29_000)
    await progress.stop()
    await clock.advance(60_000)
    expect(port.writes).toEqual([])
  })

  test('gives up without a sound when stderr is closed', async () => {
    const { port, clock, progress } = await start(false)
    port.onWrite = () => Promise.reject(new Error('EPIPE'))
    progress.update(early)
    await clock.advance(90_000)
    expect(port.writes).toHaveLength(1)
  })
})

test('does nothing when it is switched off, but lets output through', async () => {
  const { port, clock, progress } = await start(true, false)
  progress.update(early)
  await clock.advance(60_000)
  await progress.around(() => port.write('12.11\n'))
  await progress.stop()
  expect(port.screen).toBe('12.11\n')
  expect(clock.timers).toBe(0)
})

for (const place of ['terminal', 'pipe']) {
  test(`a process ends by itself while progress is shown on a ${place}`, async () => {
    const script = new URL('./progress-left-running.ts', import.meta.url).pathname
    const child = Bun.spawn([process.execPath, script, place], { stdout: 'pipe', stderr: 'pipe', timeout: 8000 })
    expect(await child.exited).toBe(0)
    expect((await new Response(child.stdout).text()).includes('0/3 done')).toBe(place === 'terminal')
  }, 10_000)
}
