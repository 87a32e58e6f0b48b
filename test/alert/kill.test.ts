import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { counted } from '../helpers/counts.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { seeded } from '../journal/seeded.ts'
import { configOf, opened, webhookTo } from './opened.ts'
import { Receiver } from './receiver.ts'

const rounds = counted({ reduced: 20, full: 200 })

test(`everything raised arrives once, whatever ${rounds} kills cut short, and only a cut attempt is made twice`, async () => {
  await using directory = await tempDir()
  await using receiver = await Receiver.start()
  const random = seeded(20_260_730)
  // Answers take a moment, so that kills meet attempts under way; some fail.
  let life = 0
  const lives = new Map<string, number[]>()
  receiver.answer = ({ key }, response) => {
    const status = random() < 0.1 ? 503 : 200
    const now = life
    response.on('finish', () => {
      if (status === 200) lives.set(key, [...(lives.get(key) ?? []), now])
    })
    setTimeout(() => response.writeHead(status).end(), random() * 8)
  }
  const raised = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    const said = await runAndKill({ directory: directory.path, url: receiver.url, round, afterMs: 20 + random() * 200 })
    for (const key of said) raised.add(key)
    life++
  }
  await using open = await opened({ directory: directory.path, config: configOf({ ops: webhookTo(receiver.url) }) })
  await poll('nothing waits any more', 120_000, () => open.alerting.pending().length === 0)
  expect(raised.size).toBeGreaterThan(rounds)
  expect([...raised].filter(key => !lives.has(key))).toEqual([])
  // No process sends anything twice: what came twice was under way at a kill, and of those there are four at most.
  expect([...lives].filter(([, within]) => new Set(within).size < within.length)).toEqual([])
  const cut = [...lives.values()].flatMap(within => within.slice(0, -1))
  for (const [, doubled] of Map.groupBy(cut, each => each)) expect(doubled.length).toBeLessThanOrEqual(4)
  for (const key of lives.keys()) {
    if (!key.endsWith(':resolved')) continue
    const begin = receiver.keys.indexOf(key.replace(':resolved', ':firing.critical'))
    expect(begin).toBeGreaterThanOrEqual(0)
    expect(begin).toBeLessThan(receiver.keys.indexOf(key))
  }
}, 600_000)

interface Run {
  readonly directory: string
  readonly url: string
  readonly round: number
  readonly afterMs: number
}

/** The keys of what the child said to be durable before it died. */
async function runAndKill({ directory, url, round, afterMs }: Run): Promise<string[]> {
  const script = join(import.meta.dir, 'raising-child.ts')
  const child = Bun.spawn([process.execPath, script, directory, url, String(round)], { stdout: 'pipe', stderr: 'inherit' })
  let said = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  for await (const chunk of child.stdout) {
    said += Buffer.from(chunk)
    timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs)
  }
  await child.exited
  clearTimeout(timer)
  expect(child.signalCode).toBe('SIGKILL')
  return [...said.matchAll(/^durable (\S+)\n/gm)].map(([, key = '']) => key)
}
