import { expect, test } from 'bun:test'
import { poll } from '../../helpers/poll.ts'

/** Lines of real-patrol.ts. */
interface Told {
  readonly what: string
  readonly who: string
  readonly at: number
}

test('a process that was stopped for five seconds goes on without a burst', async () => {
  const script = new URL('real-patrol.ts', import.meta.url).pathname
  const patrol = Bun.spawn([process.execPath, script], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' })
  const told: Told[] = []
  const reading = (async () => {
    let rest = ''
    for await (const chunk of patrol.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [what = '', who = '', at = ''] = line.split(' ')
        told.push({ what, who, at: Number(at) })
      }
    }
  })()
  try {
    await poll('it goes round twice', 30_000, () => told.length >= 400)
    patrol.kill('SIGSTOP')
    await Bun.sleep(5000)
    const before = told.length
    patrol.kill('SIGCONT')
    await poll('everybody had a turn', 30_000, () => new Set(told.slice(before).map(({ who }) => who)).size > 200)
    const after = told.slice(before)
    const stall = after.find(({ what }) => what === 'stall')
    expect(Number(stall?.who)).toBeGreaterThan(3500)
    const woke = stall?.at ?? 0
    // 100 a second twice; some may have been on their way when it was stopped, and the machine has other things to do.
    for (const ms of [100, 250, 500]) {
      expect(after.filter(({ what, at }) => what === 'start' && at < woke + ms).length).toBeLessThan(30 + 0.25 * ms)
    }
  } finally {
    patrol.kill('SIGKILL')
    await reading
  }
}, 90_000)
