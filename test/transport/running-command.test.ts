import { expect, test } from 'bun:test'
import type { Output, RunOptions } from '../../src/lib/core/transport.ts'
import { type CommandEvents, execute } from '../../src/lib/transport/running-command.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

/** A command that does what the test says, and notes what is done to it. */
function start(options: Partial<RunOptions> = {}) {
  const clock = new FakeClock()
  const done: string[] = []
  const started = Promise.withResolvers<CommandEvents>()
  let settle: (() => void) | undefined
  const output = execute({
    clock,
    options: { signal: new AbortController().signal, ...options },
    start: async events => {
      started.resolve(events)
      return {
        write: () => 'sent',
        endInput: () => {},
        signal: name => void done.push(`${name} at ${clock.monotonic()}`),
        settled: () => new Promise(resolve => (settle = resolve)),
        close: () => void done.push(`close at ${clock.monotonic()}`),
      }
    },
  })
  return { clock, done, output, events: started.promise, settle: () => settle?.(), asked: () => settle !== undefined }
}

const text = ({ stdout }: Output): string => Buffer.from(stdout).toString()
const line = (word: string): Buffer => Buffer.from(`${word}\n`)

test('a status is not the end: output that follows it belongs to the command', async () => {
  const { output, events } = start()
  const command = await events
  command.exited(0)
  command.output('stdout', line('late'))
  command.closed()
  expect(text(await output)).toBe('late\n')
})

test('after the status silence is believed only once the line has proven to be alive', async () => {
  const { clock, done, output, events, settle, asked } = start()
  const command = await events
  command.output('stdout', line('first'))
  command.exited(0)
  await clock.advance(5000)
  expect([asked(), done]).toEqual([true, []])
  command.output('stdout', line('was on its way'))
  settle()
  await clock.advance(500)
  expect(done).toEqual([])
  command.closed()
  expect(await output).toMatchObject({ code: 0 })
  expect(text(await output)).toBe('first\nwas on its way\n')
})

test('output that a process in the background keeps open is closed after a second of proven silence', async () => {
  const { clock, done, output, events, settle } = start()
  const command = await events
  command.exited(3)
  await clock.advance(1000)
  settle()
  await clock.advance(0)
  expect(done).toEqual(['close at 1000'])
  command.closed()
  expect(await output).toMatchObject({ code: 3, message: expect.stringContaining('keeps its output open') })
})

test('a command that our own sink holds back is not taken for silent', async () => {
  const released = Promise.withResolvers<void>()
  const { clock, done, output, events, asked } = start({ sink: () => released.promise, idleTimeoutMs: 3000 })
  const command = await events
  command.output('stdout', line('held'))
  command.exited(0)
  await clock.advance(60_000)
  expect([asked(), done]).toEqual([false, []])
  released.resolve()
  command.closed()
  expect(await output).toMatchObject({ code: 0 })
})

test('what does not heed TERM gets KILL, then its line is closed, then it is left and told as not confirmed', async () => {
  const { clock, done, output, events } = start({ timeoutMs: 5000 })
  await events
  await clock.advance(6600)
  expect(done).toEqual(['TERM at 5000', 'KILL at 6000', 'close at 6300'])
  expect(await output).toMatchObject({
    code: null,
    ended: 'timeout',
    message: 'ran longer than 5s; its end was not confirmed: it may still run',
    durationMs: 6600,
  })
  expect(clock.timers).toBe(0)
})

test('a status that follows from our own signal is not told as that of the command', async () => {
  const { clock, output, events } = start({ timeoutMs: 1000 })
  const command = await events
  await clock.advance(1000)
  command.exited(0)
  command.closed()
  expect(await output).toMatchObject({ code: null, ended: 'timeout' })
})

test('the first limit that is passed is the one that is told', async () => {
  const interrupt = new AbortController()
  const { clock, output, events } = start({ timeoutMs: 1000, signal: interrupt.signal })
  const command = await events
  interrupt.abort()
  await clock.advance(1500)
  command.closed()
  expect(await output).toMatchObject({ ended: 'cancelled' })
})

test('a lost line has no status, whatever was printed', async () => {
  const { output, events } = start()
  const command = await events
  command.output('stdout', line('half'))
  command.closed('connection reset')
  expect(await output).toMatchObject({ code: null, ended: 'closed', message: 'connection reset' })
})
