/** The scheduler alone, in a process of its own: what a waiting job weighs and what a start costs. Prints a SchedulerFigures as JSON. */
import { systemClock } from '../../src/lib/io/system-clock.ts'
import type { Job } from '../../src/lib/patrol/scheduler/job.ts'
import { Scheduler } from '../../src/lib/patrol/scheduler/scheduler.ts'
import { costOf } from './library.ts'

export interface SchedulerFigures {
  /** Of one that waits, with its job. */
  readonly heapBytes: number
  readonly residentBytes: number
  /** CPU seconds. */
  readonly putS: number
  readonly removeS: number
  readonly catchUpS: number
  readonly microsecondsPerStart: number
  readonly starts: number
}

const waiting = 100_000
const slas = ['P0', 'P1', 'P2'] as const

if (import.meta.main) process.stdout.write(`${JSON.stringify({ ...(await weigh()), ...(await startMany()) })}\n`)

function newScheduler(workers: number): Scheduler {
  return new Scheduler({ clock: systemClock, random: Math.random, workers, capPerKey: 10, log: () => {} })
}

function jobOf(index: number, run: Job['run']): Job {
  const [sla = 'P1'] = slas.slice(index % 3)
  const host = `web${index >> 3}.example.com`
  return { id: `https://${host}/${index}`, sla, caps: [`endpoint ${host}:443`], deadlineMs: 10_000, run }
}

/** Jobs of which each has its own closure, as those of the patrol have. */
async function weigh(): Promise<Omit<SchedulerFigures, 'microsecondsPerStart' | 'starts'>> {
  await using scheduler = newScheduler(200)
  for (let index = 0; index < 1000; index++)
    scheduler.put(
      jobOf(index, async () => undefined),
      3_600_000,
    )
  Bun.gc(true)
  const before = process.memoryUsage()
  const ids: string[] = []
  const put = await costOf(async () => {
    for (let index = 0; index < waiting; index++) {
      const job = jobOf(index, async () => index + 1)
      ids.push(job.id)
      scheduler.put(job, 3_600_000 - index)
    }
  })
  Bun.gc(true)
  const after = process.memoryUsage()
  for (const id of ids)
    scheduler.put(
      jobOf(Number(id.split('/').at(-1)), async () => undefined),
      -1000,
    )
  const catchUp = await costOf(async () => scheduler.catchUp())
  const remove = await costOf(async () => {
    for (const id of ids) void scheduler.remove(id)
  })
  return {
    heapBytes: (after.heapUsed - before.heapUsed) / waiting,
    residentBytes: (after.rss - before.rss) / waiting,
    putS: put.cpuS,
    removeS: remove.cpuS,
    catchUpS: catchUp.cpuS,
  }
}

/** 5,000 jobs that do nothing, ten times a second, each tenth until its deadline. */
async function startMany(): Promise<Pick<SchedulerFigures, 'microsecondsPerStart' | 'starts'>> {
  await using scheduler = newScheduler(1000)
  const hang = (signal: AbortSignal): Promise<number> =>
    new Promise(resolve => signal.addEventListener('abort', () => resolve(100), { once: true }))
  for (let index = 0; index < 5000; index++) {
    const job = jobOf(index, index % 10 === 0 ? hang : async () => 100)
    scheduler.put({ ...job, deadlineMs: 90 }, (index / 5000) * 100, 100)
  }
  const started = (): number => slas.reduce((all, sla) => all + scheduler.load().byClass[sla].started, 0)
  await Bun.sleep(1000)
  const before = started()
  const { cpuS } = await costOf(() => Bun.sleep(4000))
  const starts = started() - before
  return { microsecondsPerStart: (cpuS / starts) * 1e6, starts }
}
