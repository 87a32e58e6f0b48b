import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { figure, markdownTable, percentile } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { tellGoals } from './goals.ts'
import { accessLine } from './log-lines.ts'

const linesPerSecond = 10_000
/** For the first record to arrive, and for the program to become quick. */
const startMs = 60_000
const warmMs = 3000
const measuredMs = 20_000
/** A tick of the system's own account of CPU time, seconds. */
const tickS = 0.01

interface Steadiness {
  readonly name: string
  readonly lines: number
  /** CPU time of the whole process while it was measured, of one core. */
  readonly corePercent: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A table of it, one write a line and one each 10 ms. False when a goal is missed. */
export async function reportSteadiness(directory: string): Promise<boolean> {
  const found = [
    await steadiness(directory, { name: 'one write each 10 ms', linesPerWrite: linesPerSecond / 100 }),
    await steadiness(directory, { name: 'one write a line', linesPerWrite: 1 }),
  ]
  const rows = found.map(({ name, lines, corePercent, p50Ms, p99Ms }) => [
    name,
    String(lines),
    figure(corePercent),
    figure(p50Ms),
    figure(p99Ms),
  ])
  const head = ['10,000 lines a second', 'lines', '% of a core', 'P50 ms to the sink', 'P99 ms']
  process.stdout.write(`\n${markdownTable(head, rows)}`)
  return tellGoals(
    found.flatMap(({ name, corePercent, p99Ms }) => [
      { text: `${name}: % of a core`, value: corePercent, most: 3 },
      { text: `${name}: P99 ms`, value: p99Ms, most: 20 },
    ]),
  )
}

/**
 * 10,000 lines a second are appended to a log as programs do, `pipeline -F` brings them to a file, and each has the moment of its writing in
 * it. The start of the program does not count. @throws Error where lines are missing at the end
 */
async function steadiness(
  directory: string,
  { name, linesPerWrite }: { readonly name: string; readonly linesPerWrite: number },
): Promise<Steadiness> {
  const own = join(directory, `steady-${linesPerWrite}`)
  mkdirSync(own)
  const [log, out, pipeline] = ['access.log', 'out.ndjson', 'pipeline.yaml'].map(file => join(own, file)) as [
    string,
    string,
    string,
  ]
  writeFileSync(log, '')
  writeFileSync(
    pipeline,
    JSON.stringify({
      sources: { web: { type: 'file', paths: [log], format: 'combined-time' } },
      sinks: { out: { type: 'file', path: out } },
    }),
  )
  const env = { PATH: process.env['PATH'] ?? '', HOME: own, XDG_STATE_HOME: join(own, 'state') }
  const child = spawn(opsctlProgram(), ['ship-logs', '-f', pipeline, '--follow'], { env, stdio: 'ignore' })
  const ended = new Promise(resolve => child.once('exit', resolve))
  try {
    const writer = new Writer(log, linesPerWrite)
    for (const deadline = performance.now() + startMs; !existsSync(out) || statSync(out).size === 0; ) {
      if (performance.now() > deadline) throw new Error(`${name}: nothing arrived in ${startMs / 1000} s`)
      await drive(performance.now() + 100, { writer, each: () => {} })
    }
    await drive(performance.now() + warmMs, { writer, each: () => {} })
    const reader = new Arrivals(out)
    const [cpuBefore, from] = [cpuSeconds(child.pid), performance.now()]
    await drive(from + measuredMs, { writer, each: () => reader.look() })
    const cpuS = cpuSeconds(child.pid) - cpuBefore
    const seconds = (performance.now() - from) / 1000
    const written = writer.end()
    for (const deadline = performance.now() + startMs; reader.lines < written && performance.now() < deadline; )
      await drive(performance.now() + 100, { each: () => reader.look() })
    child.kill('SIGTERM')
    await ended
    const arrived = readFileSync(out, 'latin1').split('\n').length - 1
    if (arrived !== written) throw new Error(`${name}: wrote ${arrived} lines of ${written}`)
    const { latencies } = reader
    return {
      ...{ name, lines: latencies.length, corePercent: (100 * cpuS) / seconds },
      ...{ p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) },
    }
  } finally {
    child.kill('SIGKILL')
  }
}

/** A line of the combined format whose size is the moment of its writing: hundredths of milliseconds since 1970, 15 digits, which are no odd number. */
const stamped = (index: number): string =>
  `${accessLine(1 + (index % 4999)).replace(/" (\d+) \d+ "/, `" $1 ${Math.round(now() * 100)} "`)}\n`

const now = (): number => performance.timeOrigin + performance.now()

/** A turn about every millisecond. */
async function drive(until: number, { writer, each }: { readonly writer?: Writer; readonly each: () => void }): Promise<void> {
  while (performance.now() < until) {
    writer?.catchUp()
    each()
    await Bun.sleep(1)
  }
}

class Writer {
  readonly #descriptor: number
  readonly #linesPerWrite: number
  readonly #began = performance.now()
  #written = 0

  constructor(path: string, linesPerWrite: number) {
    this.#descriptor = openSync(path, 'a')
    this.#linesPerWrite = linesPerWrite
  }

  /** What is due by now. */
  catchUp(): void {
    const due = ((performance.now() - this.#began) * linesPerSecond) / 1000
    while (this.#written + this.#linesPerWrite <= due) {
      let text = ''
      for (let line = 0; line < this.#linesPerWrite; line++, this.#written++) text += stamped(this.#written)
      writeSync(this.#descriptor, text)
    }
  }

  end(): number {
    closeSync(this.#descriptor)
    return this.#written
  }
}

/** When lines come to the end of the way. */
class Arrivals {
  readonly latencies: number[] = []
  /** All that are there, with those that came before anybody looked. */
  lines: number
  readonly #descriptor: number
  readonly #room = Buffer.allocUnsafe(4 * 1024 * 1024)
  #at: number
  #rest = ''

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
    const before = readFileSync(path)
    this.#at = before.length
    this.lines = before.toString('latin1').split('\n').length - 1
  }

  look(): void {
    const read = readSync(this.#descriptor, this.#room, 0, this.#room.length, this.#at)
    if (read === 0) return
    const at = now()
    this.#at += read
    const lines = (this.#rest + this.#room.toString('latin1', 0, read)).split('\n')
    this.#rest = lines.pop() ?? ''
    this.lines += lines.length
    for (const line of lines) {
      const stamp = /"bytes":(\d+)/.exec(line)?.[1]
      if (stamp !== undefined) this.latencies.push(at - Number(stamp) / 100)
    }
  }
}

/** User and system time of a process so far. */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickS
}
