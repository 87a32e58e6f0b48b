import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { CheckPlace } from '../../src/lib/core/check.ts'
import heartbeat from '../../src/lib/probe/checks/heartbeat.ts'
import { heartbeats } from '../../src/lib/probe/index.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const minute = 60_000

/** A patrol's beats, and a check that waits for those of `backup`. */
function heard({ listens = true } = {}) {
  const clock = new FakeClock()
  const shared = new SharedThings()
  const beats = shared.of(heartbeats)
  if (listens) beats.listen(clock)
  const check = heartbeat.build({ beat: 'backup', every: '10m', grace: '2m' })
  const look = () => check.run({ clock, shared } as unknown as CheckPlace)
  return { clock, beats, look }
}

describe('a heartbeat', () => {
  test('is waited for as long as a whole interval and its grace', async () => {
    const { clock, look } = heard()
    await look()
    await clock.advance(12 * minute)
    expect(await look()).toMatchObject({ verdict: 'pass' })
    await clock.advance(1)
    expect(await look()).toMatchObject({ verdict: 'fail', reason: 'missing', message: expect.stringContaining('no beat since') })
  })

  test('that came in time is well, and one that stays away is not', async () => {
    const { clock, beats, look } = heard()
    beats.beat('backup', { at: clock.now(), message: '12 GiB' })
    await clock.advance(11 * minute)
    expect(await look()).toMatchObject({ verdict: 'pass', message: 'last beat 11m ago: 12 GiB' })
    await clock.advance(2 * minute)
    expect(await look()).toMatchObject({ verdict: 'fail', reason: 'missing', message: 'no beat for 13m, expected every 10m' })
  })

  test('that tells of a failure is bad at once, until a good one comes', async () => {
    const { clock, beats, look } = heard()
    beats.beat('backup', { at: clock.now(), isFailure: true, message: 'disk full' })
    expect(await look()).toMatchObject({ verdict: 'fail', reason: 'state', message: 'backup says that it failed: disk full' })
    beats.beat('backup', { at: clock.now() })
    expect(await look()).toMatchObject({ verdict: 'pass' })
  })

  test('of another name is not that one', async () => {
    const { clock, beats, look } = heard()
    beats.beat('restore', { at: clock.now() })
    await look()
    await clock.advance(13 * minute)
    expect(await look()).toMatchObject({ verdict: 'fail' })
  })

  test('is not known of where nobody listens', async () => {
    const { look } = heard({ listens: false })
    expect(await look()).toMatchObject({ verdict: 'unknown', message: expect.stringContaining('probe serve') })
  })

  test('that never came is missed when its time is over, however often the patrol began anew', async () => {
    const first = heard()
    const awaited: [string, number][] = []
    first.beats.listen(first.clock, (...told) => void awaited.push(told))
    await first.look()
    expect(awaited).toEqual([['backup', first.clock.now()]])
    const second = heard()
    second.beats.awaits('backup', first.clock.now() - 13 * minute)
    expect(await second.look()).toMatchObject({ verdict: 'fail', reason: 'missing' })
  })

  test('is waited for once, not for each host that other checks look at', async () => {
    await using dir = await tempDir()
    await Bun.write(join(dir.path, 'checks.yaml'), 'checks: [{ name: backup, type: heartbeat, beat: nightly, every: 1d }]\n')
    const { stdout, code } = await opsctl(['probe', '-f', 'checks.yaml', '-t', 'web1,web2', '-o', 'json'], { cwd: dir.path })
    expect(JSON.parse(stdout).items).toMatchObject([{ name: 'backup', verdict: 'unknown' }])
    expect(JSON.parse(stdout).items[0].host).toBeUndefined()
    expect(code).toBe(3)
  }, 30_000)
})
