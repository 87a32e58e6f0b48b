import { type Fleet, startFleet } from '../../test/helpers/fleet.ts'
import { runShown } from '../run-shown.ts'
import { figure, markdownTable, median } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { type Goal, tellGoals } from './goals.ts'
import { describeMachine, versionOf } from './machine.ts'
import type { BenchOptions } from './main.ts'
import { type PatrolChecks, patrolChecks } from './patrol-checks.ts'
import { PatrolDaemon } from './patrol-daemon.ts'
import { timePage } from './patrol-page.ts'
import type { SchedulerFigures } from './patrol-scheduler.ts'
import { timeScrapes, type Watched, watch } from './patrol-watch.ts'
import { type ProbeServers, startProbeServers } from './probe-servers.ts'
import { startSilentServer } from './silent-server.ts'

interface Stage {
  readonly fleet: Fleet
  readonly web: ProbeServers
  readonly silentPort: number
}

/** At the start all are looked at, and a second time what hangs: it takes so long until all is as it stays. */
const warmUpS = 120

/** `opsctl probe serve` with 5,000 checks, and the scheduler alone. `--tools` takes some of: scheduler, steady, saturated, hour, page. */
export async function benchPatrol({ tools }: BenchOptions): Promise<boolean> {
  process.stdout.write(`${describeMachine()}\n${versionOf([opsctlProgram(), '--version'])} · ${versionOf(['nginx', '-v'])}\n`)
  const wanted = (name: string): boolean => tools?.includes(name) ?? true
  const goals: Goal[] = wanted('scheduler') ? await benchScheduler() : []
  if (['steady', 'saturated', 'hour', 'page'].some(wanted)) {
    await using fleet = await startFleet({ hosts: 100 })
    await using web = await startProbeServers()
    using silent = startSilentServer()
    const stage = { fleet, web, silentPort: silent.port }
    if (wanted('steady')) goals.push(...(await benchSteady(stage)))
    if (wanted('saturated')) goals.push(...(await benchSaturated(stage)))
    if (wanted('hour')) goals.push(...(await benchHour(stage)))
    if (wanted('page')) goals.push(...(await benchPage(stage)))
  }
  process.stdout.write('\n')
  return tellGoals(goals)
}

/** Medians of three processes. */
async function benchScheduler(): Promise<Goal[]> {
  const script = new URL('patrol-scheduler.ts', import.meta.url).pathname
  const runs: SchedulerFigures[] = []
  for (let round = 0; round < 3; round++) {
    const { output } = await runShown({ argv: [process.execPath, '--expose-gc', script], show: 'if-failed', deadlineMs: 120_000 })
    runs.push(JSON.parse(output))
  }
  const of = (value: (run: SchedulerFigures) => number): number => median(runs.map(value))
  return [
    { text: '100,000 jobs waiting: bytes of heap each', value: of(run => run.heapBytes), most: 2048 },
    { text: '100,000 jobs waiting: bytes of resident memory each', value: of(run => run.residentBytes), most: 2048 },
    { text: '100,000 jobs put and removed: CPU s', value: of(run => run.putS + run.removeS), most: 1 },
    { text: '100,000 overdue jobs spread: CPU s', value: of(run => run.catchUpS), most: 1 },
    { text: 'a start, of jobs of which a tenth hangs: CPU µs', value: of(run => run.microsecondsPerStart), most: 50 },
  ]
}

/** 5,000 checks every 30 s as they should be: nothing waits. */
async function benchSteady(stage: Stage): Promise<Goal[]> {
  await using daemon = await startDaemon(
    stage,
    { endpoints: 4500, hosts: stage.fleet.addresses, intervalS: 30, timeoutS: 10 },
    [],
  )
  await Bun.sleep(warmUpS * 1000)
  const watched = await watch(daemon, 90)
  const scrapes = await timeScrapes(daemon)
  tell('5,000 checks every 30 s, 200 workers', watched)
  process.stdout.write(
    `\nA scrape: ${figure(scrapes.kB)} kB in ${figure(scrapes.median)} ms, ${figure(scrapes.most)} ms at most.\n`,
  )
  return [
    // What is read on a host is one run.
    { text: 'steady: runs a second, of (4,500 + 100) / 30', value: watched.startsPerS, least: 0.98 * (4600 / 30) },
    { text: 'steady: P0 start lag P99 ms', value: watched.lagMs['P0']?.p99, most: 250 },
    { text: 'steady: P2 start lag P99 ms', value: watched.lagMs['P2']?.p99, most: 1000 },
    { text: 'steady: RSS MiB', value: Math.max(...watched.residentMiB), most: 200 },
    { text: 'scrape with 5,000 checks: ms, median of 20', value: scrapes.median, most: 50 },
  ]
}

/** Fewer workers than the hanging checks of the lower classes would take. */
async function benchSaturated(stage: Stage): Promise<Goal[]> {
  const checks = { endpoints: 4500, hosts: stage.fleet.addresses, intervalS: 30, timeoutS: 10 }
  await using daemon = await startDaemon(stage, checks, ['--workers', '120'])
  await Bun.sleep(warmUpS * 1000)
  const watched = await watch(daemon, 90)
  tell('The same with 120 workers: P1 and P2 are saturated', watched)
  return [
    { text: 'saturated: P1 and P2 that are due and wait', value: (watched.due['P1'] ?? 0) + (watched.due['P2'] ?? 0), least: 50 },
    { text: 'saturated: P0 start lag P99 ms', value: watched.lagMs['P0']?.p99, most: 250 },
    { text: 'saturated: RSS MiB', value: Math.max(...watched.residentMiB), most: 200 },
  ]
}

/** Ten times as often, so that six minutes are the looks of an hour; as many hang at a time, and ten times as many do not. */
async function benchHour(stage: Stage): Promise<Goal[]> {
  const hosts = stage.fleet.addresses.slice(0, 10)
  await using daemon = await startDaemon(stage, { endpoints: 4950, hosts, intervalS: 3, timeoutS: 1 }, ['--workers', '400'])
  await Bun.sleep(warmUpS * 1000)
  const watched = await watch(daemon, 360)
  tell('An hour in six minutes: 5,000 checks every 3 s', watched)
  const sixth = Math.floor(watched.residentMiB.length / 6)
  const minutes = Array.from({ length: 6 }, (_, minute) =>
    median(watched.residentMiB.slice(minute * sixth, (minute + 1) * sixth)),
  )
  process.stdout.write(`\nRSS by minute: ${minutes.map(value => value.toFixed(0)).join(', ')} MiB\n`)
  return [
    { text: 'an hour: RSS MiB', value: Math.max(...watched.residentMiB), most: 200 },
    {
      text: 'an hour: RSS of the last ten minutes, of that of the second',
      value: (minutes[5] ?? Number.NaN) / (minutes[1] ?? 0),
      most: 1.05,
    },
  ]
}

/** As somebody sees it who opens it for the first time. */
async function benchPage(stage: Stage): Promise<Goal[]> {
  await using daemon = await startDaemon(stage, { endpoints: 1000, hosts: [], intervalS: 30, timeoutS: 10 }, [])
  await Bun.sleep(20_000)
  const page = await timePage(daemon.url)
  if (page)
    process.stdout.write(
      `\nThe page of 1,000 checks: ${figure(page.kB)} kB in ${figure(page.answerMs)} ms; ${figure(page.mainThreadMs)} ms of CPU in Chromium.\n`,
    )
  return [{ text: 'page of 1,000 checks: ms until Chromium has drawn it, median of 20', value: page?.readyMs, most: 200 }]
}

async function startDaemon(stage: Stage, checks: PatrolChecks, args: readonly string[]): Promise<PatrolDaemon> {
  const { fleet, web } = stage
  return PatrolDaemon.start(patrolChecks(checks, stage), {
    parent: web.directory,
    args: ['--ssh-config', fleet.sshConfigFile, ...args],
  })
}

function tell(title: string, { startsPerS, cpuShare, lagMs, due, residentMiB }: Watched): void {
  const rows = Object.entries(lagMs).map(([sla, { p50, p99 }]) => [sla, figure(p50), figure(p99), String(due[sla])])
  const facts = `${figure(startsPerS)} runs/s, ${figure(cpuShare * 100)} % of a processor, RSS ${figure(Math.max(...residentMiB))} MiB at most`
  process.stdout.write(`\n## ${title}\n\n${markdownTable(['', 'lag P50 ms', 'lag P99 ms', 'waiting'], rows)}\n${facts}\n`)
}
