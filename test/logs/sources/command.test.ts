import { describe, expect, test } from 'bun:test'
import type { Json } from '../../../src/lib/core/json.ts'
import command from '../../../src/lib/logs/sources/command.ts'
import { poll } from '../../helpers/poll.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { Taker, type TakerOptions } from './taker.ts'

const take = (params: Readonly<Record<string, Json>>, options: TakerOptions = {}): Taker =>
  new Taker(command.build(params), options)
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('the source command', () => {
  test('gives the lines of a program once, and logs what it says on stderr', async () => {
    const taker = take({ shell: 'echo one; echo "no such disk" >&2; printf two' })
    await taker.ended
    expect(taker.lines).toEqual(['one', 'two'])
    expect(taker.logged).toEqual([expect.stringContaining('no such disk')])
  }, 60_000)

  test('passes arguments byte for byte, and environment besides its own', async () => {
    const taker = take({ argv: ['sh', '-c', 'printf "%s\\n" "$0" "$PLACE"', '$HOME; *'], env: { PLACE: 'cellar' } })
    await taker.ended
    expect(taker.lines).toEqual(['$HOME; *', 'cellar'])
  }, 60_000)

  test('tells how a program failed, behind what it printed', async () => {
    const taker = take({ shell: 'echo begun; exit 3' })
    await expect(taker.ended).rejects.toThrow('it ended with 3')
    expect(taker.lines).toEqual(['begun'])
    expect(taker.told).toMatchObject([{ kind: 'end', failure: 'it ended with 3' }])
  }, 60_000)

  test('runs again and again, each run a stream of its own', async () => {
    await using taker = take({ shell: 'echo load', every: '20ms' }, { follow: true })
    await taker.until('three runs', ({ told }) => told.length >= 3)
    expect(taker.lines.slice(0, 3)).toEqual(['load', 'load', 'load'])
    expect(new Set(taker.told.map(({ stream }) => stream.id)).size).toBe(taker.told.length)
  }, 60_000)

  test('begins a program again that was to go on', async () => {
    await using directory = await tempDir()
    const count = `${directory.path}/count`
    await using taker = take({ shell: `echo x >> ${count}; wc -l < ${count}` }, { follow: true })
    await taker.until('it was begun again', ({ lines }) => lines.length >= 3)
    expect(taker.lines.slice(0, 3)).toEqual(['1', '2', '3'])
  }, 60_000)

  test('ends a program with all that it started', async () => {
    const taker = take({ shell: 'sleep 1000 & echo $!; echo $$; wait' }, { follow: true })
    await taker.until('both run', ({ lines }) => lines.length === 2)
    await taker.stop()
    await poll('both are gone', 10_000, () => !taker.lines.some(pid => isAlive(Number(pid))))
  }, 60_000)

  test('ends a run that takes too long', async () => {
    const taker = take({ shell: 'echo begun; sleep 1000', timeout: '300ms' })
    await expect(taker.ended).rejects.toThrow('ran longer than 300ms')
    expect(taker.lines).toEqual(['begun'])
  }, 60_000)

  test('holds a program back while nobody takes what it prints', async () => {
    await using directory = await tempDir()
    const gate = Promise.withResolvers<void>()
    const done = `${directory.path}/done`
    const taker = take(
      { shell: `yes "$(head -c 999 /dev/zero | tr '\\0' x)" | head -c 8000000; touch ${done}` },
      { takes: () => gate.promise },
    )
    await taker.until('something came', ({ lines }) => lines.length > 0)
    await Bun.sleep(300)
    expect(await Bun.file(done).exists()).toBe(false)
    gate.resolve()
    await taker.ended
    expect(taker.lines.length).toBe(8000)
  }, 60_000)

  test.each([
    [{}, 'needs either argv or shell'],
    [{ argv: ['true'], shell: 'true' }, 'needs either argv or shell'],
    [{ shell: 'true', evry: '1s' }, "there is no 'evry' here"],
  ])('refuses %p', (params, message) => {
    expect(() => command.build(params)).toThrow(message)
  })
})
