import { describe, expect, test } from 'bun:test'
import { Interrupts, type StopSignal } from '../../src/lib/cli/signals.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

function setUp(say: (line: string) => Promise<void>) {
  const clock = new FakeClock()
  const listeners = new Map<string, () => void>()
  const exits: number[] = []
  const interrupts = new Interrupts(
    { on: (signal, listener) => void listeners.set(signal, listener) },
    { say, clock, stopHard: exit => void exits.push(exit) },
  )
  return { interrupts, clock, exits, send: (signal: StopSignal) => listeners.get(signal)?.() }
}

describe('signals', () => {
  test('the second one ends the process once it is told what that means, with the exit code of the first', async () => {
    const said: string[] = []
    const { send, exits } = setUp(async line => void said.push(line))
    send('SIGTERM')
    expect(exits).toEqual([])
    send('SIGINT')
    expect(exits).toEqual([])
    await Bun.sleep(0)
    expect(said.at(-1)).toContain('stopped hard')
    expect(exits).toEqual([143])
  })

  test('the second one tells what is left behind before the process ends', async () => {
    const said: string[] = []
    const { interrupts, send, exits } = setUp(async line => void said.push(line))
    interrupts.onInterrupt(hard => (hard ? 'the change stands half-way on web1' : ''))
    send('SIGINT')
    expect(said).toEqual([expect.stringContaining('once more stops hard')])
    send('SIGINT')
    await Bun.sleep(0)
    expect(said.slice(1)).toEqual([expect.stringContaining('stopped hard'), 'the change stands half-way on web1'])
    expect(exits).toEqual([130])
  })

  test('the second one ends the process also where the terminal takes no text', async () => {
    const { send, exits, clock } = setUp(() => new Promise(() => {}))
    send('SIGINT')
    send('SIGINT')
    expect(exits).toEqual([])
    await clock.advance(200)
    expect(exits).toEqual([130])
  })
})
