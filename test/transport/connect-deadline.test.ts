import { expect, test } from 'bun:test'
import { OpsError } from '../../src/lib/core/errors.ts'
import { ConnectDeadline } from '../../src/lib/transport/connect-deadline.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

function begin(ms: number, signal: AbortSignal = new AbortController().signal) {
  const clock = new FakeClock()
  const stages: string[] = []
  const deadline = new ConnectDeadline({ clock, ms, signal, onStage: stage => stages.push(stage) })
  return { clock, stages, deadline }
}

test('the time that passed is told with the stage that used it up', async () => {
  const { clock, stages, deadline } = begin(10_000)
  deadline.enter('connect')
  deadline.enter('banner')
  await clock.advance(9999)
  expect(deadline.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(deadline.signal.reason).toMatchObject({
    reason: 'connect-timeout',
    stage: 'banner',
    retryable: false,
    message: 'connected, but the host did not introduce itself within 10s',
  })
  expect(stages).toEqual(['connect', 'banner'])
})

test('the time stands still while a person is asked, also twice at once, and goes on after', async () => {
  const { clock, deadline } = begin(10_000)
  await clock.advance(6000)
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const held = [deadline.hold(first.promise), deadline.hold(second.promise)]
  await clock.advance(60_000)
  first.resolve('a passphrase')
  await clock.advance(60_000)
  second.resolve('a password')
  expect(await Promise.all(held)).toEqual(['a passphrase', 'a password'])
  await clock.advance(3999)
  expect(deadline.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(deadline.signal.aborted).toBe(true)
})

test('the end of the run is told as such, before and after the beginning', () => {
  const run = new AbortController()
  const { deadline } = begin(10_000, run.signal)
  run.abort(new OpsError('E_DEADLINE', 'the deadline of 30s passed'))
  expect(deadline.signal.reason).toMatchObject({ reason: 'deadline' })
  expect(begin(10_000, run.signal).deadline.signal.reason).toMatchObject({ reason: 'deadline' })
  const interrupted = AbortSignal.abort(new OpsError('E_INTERRUPTED', 'SIGINT'))
  expect(begin(0, interrupted).deadline.signal.reason).toMatchObject({ reason: 'cancelled' })
})

test('without a limit nothing is counted, and the end takes everything back', async () => {
  const { clock, deadline } = begin(0)
  await clock.advance(1e9)
  expect([clock.timers, deadline.signal.aborted]).toEqual([0, false])
  const limited = begin(1000)
  limited.deadline[Symbol.dispose]()
  expect(limited.clock.timers).toBe(0)
})
