import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { Spool } from '../../src/lib/logs/delivery/spool.ts'
import { Store } from '../../src/lib/logs/store/store.ts'
import { poll } from '../../test/helpers/poll.ts'
import { CountingServer } from './counting-server.ts'
import { figure, markdownTable } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { tellGoals } from './goals.ts'
import { accessLine } from './log-lines.ts'
import { describeMachine } from './machine.ts'
import { cpuTicks } from './process-peaks.ts'

/** How long the sink is down, and what is written meanwhile. */
const outageS = Number(process.env['OUTAGE_S'] ?? 60)
const bytesASecond = 10_000_000
const spoolGigabytes = Number(process.env['SPOOL_GB'] ?? 1)

/**
 * What a pipeline costs while one of its sinks is down, and how soon a large spool is delivered from: on the disk of the working directory, as
 * in life. SPOOL_GB says how large the spool is, OUTAGE_S for how many seconds the sink is down. False when a goal is missed.
 */
export async function benchOutage(): Promise<boolean> {
  const directory = mkdtempSync(join(process.cwd(), '.tmp-bench-'))
  try {
    process.stdout.write(`${describeMachine()}\n\n`)
    const down = await outage(join(directory, 'down'))
    const open = await largeSpool(join(directory, 'spool'))
    process.stdout.write(
      markdownTable(
        ['', 'measured'],
        [
          [`sink down, ${bytesASecond / 1e6} MB/s: MiB after 10 s`, figure(down.earlyMiB)],
          [`the same after ${outageS} s`, figure(down.lateMiB)],
          ['most MiB', figure(down.peakMiB)],
          ['share of a core', figure(down.cores)],
          [`a spool of ${spoolGigabytes} GB: s from the start to its first records at the sink`, figure(open.firstS)],
          ['most MiB in its first 5 s', figure(open.peakMiB)],
        ],
      ),
    )
    return tellGoals([
      { text: 'memory at the end of an outage, of that after 10 s', value: down.lateMiB / down.earlyMiB, most: 1.1 },
      { text: 'most MiB in an outage', value: down.peakMiB, most: 100 },
      { text: `a spool of ${spoolGigabytes} GB opens, s`, value: open.firstS, most: 2 },
      { text: 'most MiB with it', value: open.peakMiB, most: 100 },
    ])
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function outage(directory: string): Promise<{ earlyMiB: number; lateMiB: number; peakMiB: number; cores: number }> {
  using server = await CountingServer.start({ refusesS: 3600 })
  using ready = await CountingServer.start()
  const log = prepare(directory, { up: ready, down: server })
  const block = Array.from({ length: 50_000 }, (_, index) => `${accessLine(index)}\n`).join('')
  const piece = block.slice(0, block.lastIndexOf('\n', bytesASecond / 10) + 1)
  using run = start(directory, ['--follow'])
  const begun = performance.now()
  let earlyMiB = 0
  for (let turn = 0; turn < outageS * 10; turn++) {
    appendFileSync(log, piece)
    await Bun.sleep(Math.max(0, begun + (turn + 1) * 100 - performance.now()))
    if (turn === 100) earlyMiB = run.memoryMiB('VmRSS')
  }
  const cores = run.cpuS() / ((performance.now() - begun) / 1000)
  return { earlyMiB, lateMiB: run.memoryMiB('VmRSS'), peakMiB: run.memoryMiB('VmHWM'), cores }
}

async function largeSpool(directory: string): Promise<{ firstS: number; peakMiB: number }> {
  using server = await CountingServer.start()
  const log = prepare(directory, { hook: server })
  writeFileSync(log, `${accessLine(1)}\n`)
  // Once, so that everything has its place.
  await start(directory, []).ended
  await server.counted()
  await fill(stateIn(directory), spoolGigabytes * 1e9)
  const begun = performance.now()
  using run = start(directory, ['--follow'])
  await poll('the first records', 60_000, async () => (await server.counted()) > 0)
  const firstS = (performance.now() - begun) / 1000
  await Bun.sleep(5000)
  return { firstS, peakMiB: run.memoryMiB('VmHWM') }
}

/** Gives the path of its log. */
function prepare(directory: string, servers: Readonly<Record<string, CountingServer>>): string {
  mkdirSync(directory)
  const log = join(directory, 'access.log')
  writeFileSync(log, '')
  const pipeline = {
    sources: { web: { type: 'file', paths: [log], format: 'combined-time' } },
    sinks: Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, { type: 'http', url }])),
    spool: { max: '100GiB' },
  }
  writeFileSync(join(directory, 'pipeline.yaml'), JSON.stringify(pipeline))
  return log
}

function stateIn(directory: string): string {
  const all = join(directory, 'opsctl/ship-logs')
  return join(all, readdirSync(all)[0] ?? '')
}

/** Puts by what a pipeline would have, and counts it. */
async function fill(state: string, bytes: number): Promise<void> {
  const record = `${JSON.stringify({ remote_addr: '198.51.100.7', path: '/cart', status: 200, agent: 'x'.repeat(150) })}\n`
  const count = Math.floor((1024 * 1024) / record.length)
  const records = Buffer.from(record.repeat(count))
  const sizes = { count, lines: count, bytes: records.length, dead: 0 }
  using store = new Store(join(state, 'state.db'))
  const about = { source: 'web', stream: 'bench' }
  let written = 0
  const lock = async () => ({ [Symbol.asyncDispose]: async () => {} })
  const directory = join(state, 'spool/hook')
  await using spool = await Spool.open({ directory, sink: 'hook', clock: systemClock, log: () => {}, lock, maxBytes: 100e9 })
  for (; written < bytes; written += records.length)
    await spool.append(
      { id: `bench:${written}-${written + records.length}`, ...about, ...sizes, from: written, to: written + records.length },
      records,
    )
  await spool.sync()
  const total = (written / records.length) * count
  const counts = { lines: total, bytes: written, records: total, spooled: total }
  store.commit({ sink: 'hook', advances: [{ ...about, safe: written, counts }], spoolNext: 1, spoolEnd: spool.next })
}

class Running implements Disposable {
  readonly #child: ChildProcess
  readonly ended: Promise<unknown>

  constructor(child: ChildProcess) {
    this.#child = child
    this.ended = new Promise(resolve => child.once('exit', resolve))
  }

  memoryMiB(what: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  }

  cpuS(): number {
    return cpuTicks(readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')) / 100
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

function start(directory: string, flags: readonly string[]): Running {
  const argv = ['-q', 'ship-logs', '-f', join(directory, 'pipeline.yaml'), ...flags]
  const env = { PATH: process.env['PATH'], HOME: directory, XDG_STATE_HOME: directory }
  return new Running(spawn(opsctlProgram(), argv, { cwd: directory, env, stdio: ['ignore', 'ignore', 'inherit'] }))
}
