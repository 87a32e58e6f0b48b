/** A scheduler on the real clock, with 200 jobs every 2 s; tells each start and each stall on a line. */
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { spread } from '../../../src/lib/patrol/scheduler/beat.ts'
import { Scheduler } from '../../../src/lib/patrol/scheduler/scheduler.ts'

const tell = (line: string): void => void process.stdout.write(`${line} ${performance.now()}\n`)
const scheduler = new Scheduler({
  ...{ clock: systemClock, random: Math.random, workers: 100, capPerKey: 1, log: () => {} },
  onStall: ms => tell(`stall ${ms}`),
})
for (let index = 0; index < 200; index++) {
  const id = `web${index}`
  const run = async (): Promise<number> => {
    tell(`start ${id}`)
    return 2000
  }
  scheduler.put({ id, sla: index % 10 === 0 ? 'P0' : 'P2', caps: [], deadlineMs: 1000, run }, spread(id, 2000), 2000)
}
