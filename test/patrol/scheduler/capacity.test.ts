import { expect, test } from 'bun:test'
import type { Job } from '../../../src/lib/patrol/scheduler/job.ts'
import { Stage } from './stage.ts'

const count = 100_000
const jobs: readonly Job[] = Array.from({ length: count }, (_, index) => ({
  id: `https://shop${index}.example.com/`,
  sla: 'P1',
  caps: [`host web${index % 1000}`],
  deadlineMs: 10_000,
  run: async () => 30_000,
}))

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

test('100,000 jobs are put and removed within a second of CPU, with one timer for all', async () => {
  const stage = new Stage()
  // Once before, so that what is counted is compiled.
  for (const job of jobs.slice(0, 5000)) stage.scheduler.put(job, 100)
  const before = cpuMs()
  // Backwards: each is sooner than all before.
  for (const [index, job] of jobs.entries()) stage.scheduler.put(job, 600_000 - index)
  expect(stage.scheduler.load().waiting).toBe(count)
  expect(stage.time.timers).toBe(1)
  for (const { id } of jobs) void stage.scheduler.remove(id)
  expect(cpuMs() - before).toBeLessThan(1000)
  expect(stage.scheduler.load().waiting).toBe(0)
  expect(stage.time.timers).toBe(0)
}, 60_000)

test('putting the same jobs again and again keeps nothing of those before', async () => {
  const stage = new Stage()
  const round = (): number => {
    for (const job of jobs) stage.scheduler.put(job, 1000 + Math.random() * 600_000)
    Bun.gc(true)
    return process.memoryUsage().heapUsed
  }
  round()
  const first = round()
  for (let rounds = 0; rounds < 5; rounds++) round()
  expect(round() - first).toBeLessThan(count * 20)
  expect(stage.scheduler.load().waiting).toBe(count)
}, 60_000)
