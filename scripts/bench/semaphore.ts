import { Semaphore } from '../../src/lib/run/semaphore.ts'

/** Prints what one task that waits in the semaphore costs in resident memory; exits 1 above the limit. */
const waiting = 100_000
const limitBytes = 1024

const semaphore = new Semaphore(1)
const controller = new AbortController()
let settled = 0

async function task(): Promise<void> {
  using _lease = await semaphore.acquire(1, controller.signal)
  settled++
}

const holder = await semaphore.acquire(1, controller.signal)
Bun.gc(true)
const rssBefore = process.memoryUsage.rss()
const heapBefore = process.memoryUsage().heapUsed
const startedMs = performance.now()
const tasks = Array.from({ length: waiting }, task)
const queuedMs = performance.now() - startedMs
Bun.gc(true)
const rssEach = (process.memoryUsage.rss() - rssBefore) / waiting
const heapEach = (process.memoryUsage().heapUsed - heapBefore) / waiting
holder[Symbol.dispose]()
await Promise.all(tasks)

const line = {
  waiting,
  settled,
  rssBytesEach: Math.round(rssEach),
  heapBytesEach: Math.round(heapEach),
  queuedMs: Math.round(queuedMs),
}
process.stdout.write(`${JSON.stringify(line)}\n`)
process.exitCode = rssEach <= limitBytes && settled === waiting ? 0 : 1
