import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Journal } from '../../src/lib/journal/journal.ts'
import { counted } from '../helpers/counts.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { openJournal } from './open-journal.ts'
import { seeded } from './seeded.ts'

const rounds = counted({ reduced: 20, full: 200 })
const points = ['before-write', 'after-write', 'before-fsync', 'after-fsync'] as const

test(`everything that a sync acknowledged is there after each of ${rounds} kills of the writer at any moment`, async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'journal')
  const random = seeded(20_260_329)
  let acknowledged = 0
  for (let round = 0; round < rounds; round++) {
    const kill = round % 2 === 0 ? { afterMs: 5 + random() * 120 } : { point: points[Math.floor(random() * 4)] ?? 'after-fsync' }
    const reserve = round % 3 === 0 ? 4096 : 0
    const { opened, acked } = await runAndKill({ path, kill, count: Math.floor(random() * 40), reserve })
    expect(opened).toBeGreaterThan(acknowledged)
    acknowledged = Math.max(acknowledged, acked)
    expect(await checkRecords(path)).toBeGreaterThanOrEqual(acknowledged)
  }
  await using journal = await openJournal(path)
  expect(journal.next).toBeGreaterThan(acknowledged)
  expect(await checkRecords(path)).toBe(journal.next - 1)
}, 300_000)

interface Run {
  readonly path: string
  readonly kill: { readonly afterMs: number } | { readonly point: (typeof points)[number] }
  readonly count: number
  readonly reserve: number
}

/** What the writer said before it died: the first sequence it could use and the last it acknowledged. */
async function runAndKill({ path, kill, count, reserve }: Run): Promise<{ opened: number; acked: number }> {
  const point = 'point' in kill ? kill.point : 'none'
  const script = join(import.meta.dir, 'writer-child.ts')
  const argv = [process.execPath, script, path, point, String(count), String(reserve)]
  const child = Bun.spawn(argv, { stdout: 'pipe', stderr: 'inherit' })
  let said = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  for await (const chunk of child.stdout) {
    said += Buffer.from(chunk)
    if ('afterMs' in kill) timer ??= setTimeout(() => child.kill('SIGKILL'), kill.afterMs)
  }
  await child.exited
  clearTimeout(timer)
  expect(child.signalCode).toBe('SIGKILL')
  const numbers = (word: string): number[] =>
    [...said.matchAll(new RegExp(`^${word} (\\d+)\\n`, 'gm'))].map(match => Number(match[1]))
  return { opened: numbers('open')[0] ?? 0, acked: numbers('ack').at(-1) ?? 0 }
}

/** Reads everything without recovery: no gap, and each record as it was made. Returns how many there are. */
async function checkRecords(path: string): Promise<number> {
  let count = 0
  for await (const { sequence, payload } of (await Journal.inspect(path)).read()) {
    count++
    expect(sequence).toBe(count)
    expect(Buffer.from(payload).toString()).toBe(`${sequence}:${'x'.repeat((sequence * 37) % 300)}`)
  }
  return count
}
