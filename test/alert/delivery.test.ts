import { expect, test } from 'bun:test'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { freePort } from '../helpers/free-port.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { diskError, FaultyDisk } from '../journal/faulty-disk.ts'
import { configOf, firing, opened, resolved, webhookTo } from './opened.ts'
import { accept, answerWith, hang, Receiver, reset } from './receiver.ts'

const incidents = (count: number) => Array.from({ length: count }, (_, n) => firing(`prb-${n}`))
const keysOf = (count: number) => incidents(count).map(({ incident }) => `${incident}:firing.critical`)

test('while one channel hangs, raising takes no time and every other channel has all of it', async () => {
  await using directory = await tempDir()
  await using hanging = await Receiver.start()
  await using well = await Receiver.start()
  hanging.answer = hang
  const config = configOf({ hanging: webhookTo(hanging.url), well: webhookTo(well.url) })
  await using open = await opened({ directory: directory.path, config })
  const start = performance.now()
  for (const alert of incidents(200)) await open.alerting.raise([alert])
  expect(performance.now() - start).toBeLessThan(8000)
  await poll('the other channel has all', 30_000, () => well.accepted.length === 200)
  expect(new Set(well.keys).size).toBe(200)
  expect(open.alerting.status()[0]).toMatchObject({ name: 'hanging', delivered: 0, waiting: 200 })
  const closing = performance.now()
  await open.alerting.close(200)
  expect(performance.now() - closing).toBeLessThan(5000)
}, 120_000)

test('after an hour in which nobody listened, each incident arrives exactly once, with its end', async () => {
  await using directory = await tempDir()
  const clock = new FakeClock()
  await using receiver = await Receiver.start(await freePort())
  await receiver.stop()
  const config = configOf({ ops: webhookTo(receiver.url) })
  await using open = await opened({ directory: directory.path, config, clock })
  await open.alerting.raise(incidents(40))
  await open.alerting.raise(incidents(10).map(({ incident }) => resolved(incident)))
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5000) {
      await clock.advance(5000)
      // Attempts are real: the clock stands still until they have come to their end.
      await poll('nothing is under way', 20_000, () => open.alerting.pending().every(({ state }) => state !== 'sending'))
    }
  }
  await pass(3_600_000)
  expect(receiver.all).toEqual([])
  expect(open.alerting.status()).toMatchObject([
    { waiting: 50, dropped: 0, lastError: { message: expect.stringContaining('refused') } },
  ])
  await receiver.listen()
  for (let minutes = 0; minutes < 30 && open.alerting.pending().length > 0; minutes++) await pass(60_000)
  expect(receiver.keys.toSorted()).toEqual(
    [...keysOf(40), ...incidents(10).map(({ incident }) => `${incident}:resolved`)].toSorted(),
  )
  for (const { incident } of incidents(10)) {
    expect(receiver.keys.indexOf(`${incident}:firing.critical`)).toBeLessThan(receiver.keys.indexOf(`${incident}:resolved`))
  }
  await clock.advance(1)
}, 180_000)

test('errors, resets, slowness and 429 lose nothing and double nothing', async () => {
  await using directory = await tempDir()
  await using receiver = await Receiver.start()
  let count = 0
  const slow = (_: unknown, response: { writeHead(status: number): { end(): void } }): void =>
    void systemClock.timer(300, () => response.writeHead(204).end())
  const faults = [
    answerWith(500),
    answerWith(429, { headers: { 'retry-after': '1' } }),
    reset,
    answerWith(503),
    slow,
    accept,
    accept,
  ]
  receiver.answer = (...request) => faults[count++ % faults.length]?.(...request)
  await using open = await opened({ directory: directory.path, config: configOf({ ops: webhookTo(receiver.url) }) })
  // So that retries do not wait for long.
  await open.alerting.raise(incidents(12))
  await poll('all arrive', 100_000, () => open.alerting.status()[0]?.delivered === 12)
  expect(receiver.keys.toSorted()).toEqual(keysOf(12).toSorted())
  expect(open.alerting.status()).toMatchObject([{ delivered: 12, refused: 0, waiting: 0 }])
}, 120_000)

test('a refusal is told once, and what comes after it is sent', async () => {
  await using directory = await tempDir()
  await using receiver = await Receiver.start()
  receiver.answer = ({ body }, response) => void response.writeHead(body['incident'] === 'prb-0' ? 410 : 200).end('no such hook')
  await using open = await opened({ directory: directory.path, config: configOf({ ops: webhookTo(receiver.url) }) })
  await open.alerting.raise([...incidents(3), resolved('prb-0')])
  await poll('the others arrive', 20_000, () => open.alerting.status()[0]?.delivered === 2)
  expect(receiver.all).toHaveLength(3)
  expect(open.logged).toMatchObject([
    {
      level: 'error',
      message: 'a channel refused an alert',
      fields: { channel: 'ops', incident: 'prb-0', problem: expect.stringContaining('answered 410: no such hook') },
    },
  ])
}, 60_000)

test('on a full disk an alert is told all the same, whoever raised it knows, and it is kept and not told again once there is room', async () => {
  await using directory = await tempDir()
  await using receiver = await Receiver.start()
  const disk = new FaultyDisk()
  const config = configOf({ ops: webhookTo(receiver.url) })
  {
    await using open = await opened({ directory: directory.path, config, disk })
    disk.before = operation => {
      if (operation === 'write') throw diskError('ENOSPC')
    }
    const raising = open.alerting.raise(incidents(1))
    expect(await raising.catch((error: unknown) => error)).toMatchObject({ code: 'E_STATE' })
    await poll('it is told', 20_000, () => receiver.accepted.length === 1)
    disk.before = () => undefined
    await open.alerting.raise(incidents(1))
  }
  await using open = await opened({ directory: directory.path, config })
  await open.alerting.raise([...incidents(1), resolved('prb-0')])
  await poll('the end is told', 20_000, () => receiver.accepted.length === 2)
  expect(receiver.keys).toEqual(['prb-0:firing.critical', 'prb-0:resolved'])
}, 60_000)
