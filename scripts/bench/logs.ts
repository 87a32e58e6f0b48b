import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CountingServer } from './counting-server.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { tellGoals } from './goals.ts'
import { accessLine, logLines } from './log-lines.ts'
import { logPeers } from './log-peers.ts'
import { type LineServers, pipelineGoals, pipelineWorks } from './log-pipelines.ts'
import { reportSteadiness } from './log-steady.ts'
import { describeMachine } from './machine.ts'
import { type Cost, measure } from './measure.ts'

const accessBytes = 350_000_000
const otherBytes = 60_000_000

interface Work {
  readonly name: string
  readonly argv: readonly string[]
  readonly file: string
  /** Where its records are at the end; they are counted. */
  readonly out?: string
  /** Where else they arrive, and are counted. */
  readonly server?: CountingServer
}

/** A server that is behind takes nothing for so long: by then all of the log has been read. */
const behindS = 5

/**
 * Logs read once, to JSON lines and to /dev/null: MB of input a CPU second, the start of the program included. `cat`, `grep -c` and
 * `zstd -1` of the same file say what is possible. False when a goal is missed.
 */
export async function benchLogs({
  rounds,
  tools,
}: {
  readonly rounds: number
  readonly tools: readonly string[] | undefined
}): Promise<boolean> {
  // In memory where that can be: the disk of the moment is no part of the figures.
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'opsctl-bench-'))
  try {
    using ready = await CountingServer.start()
    using late = await CountingServer.start({ refusesS: behindS })
    const works = worksIn(directory, { ready, late }).filter(
      ({ name }) => tools === undefined || tools.some(tool => name.includes(tool)),
    )
    const costs = new Map(works.map(({ name }) => [name, [] as Cost[]]))
    process.stdout.write(`${describeMachine()}\n\n`)
    for (let round = 0; round < rounds; round++) {
      for (const { name, argv, out, file, server } of works) {
        const env = { PATH: process.env['PATH'] ?? '', HOME: directory, XDG_STATE_HOME: join(directory, 'state') }
        const run = await measure({ argv, env, deadlineMs: 300_000, discard: !name.startsWith('grep') })
        if (run.code !== 0) throw new Error(`${name}: ended with ${run.code}: ${run.stderr}`)
        if (out !== undefined) demandAll(name, { file, came: linesIn(out) })
        if (out !== undefined) rmSync(out)
        if (server) demandAll(name, { file, came: await server.counted() })
        costs.get(name)?.push(run)
      }
      process.stderr.write(`round ${round + 1}\n`)
    }
    const isReached = works.length === 0 || report(works, costs)
    const isSteady = tools !== undefined && !tools.includes('steady') ? true : await reportSteadiness(directory)
    return isReached && isSteady
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function worksIn(directory: string, servers: LineServers): Work[] {
  const access = join(directory, 'access.log')
  // Of yesterday: rules tell nobody of what is older than some weeks.
  const [, date = '', month = '', year = ''] = new Date(Date.now() - 86_400_000).toUTCString().split(' ')
  const day = `${date}/${month}/${year}`
  writeLines(access, { bytes: accessBytes, line: index => accessLine(index, day) })
  const out = join(directory, 'out.ndjson')
  const others = Object.entries(logLines).map(([format, line]) => {
    const file = join(directory, `${format}.log`)
    writeLines(file, { bytes: otherBytes, line })
    return {
      name: format,
      file,
      argv: [opsctlProgram(), 'ship-logs', '--format', format === 'csv' ? 'csv:a,b,c,d,e' : format, file],
    }
  })
  const plain = [
    ['cat', access],
    ['grep', '-c', 'HTTP', access],
    ...(Bun.which('zstd') ? [['zstd', '-1', '-q', '-c', access]] : []),
  ]
  return [
    ...plain.map(argv => ({ name: argv.slice(0, -1).join(' '), file: access, argv })),
    { name: 'combined-time', file: access, argv: [opsctlProgram(), 'ship-logs', access] },
    {
      name: 'combined-time to a file',
      file: access,
      argv: ['sh', '-c', 'exec "$0" ship-logs "$1" > "$2"', opsctlProgram(), access, out],
    },
    ...pipelineWorks(directory, { log: access, servers }).map(work => ({ ...work, file: access })),
    ...logPeers(directory, access).map(peer => ({ ...peer, file: access })),
    ...others,
  ]
}

/** So many bytes of lines, which differ. */
function writeLines(file: string, { bytes, line }: { readonly bytes: number; readonly line: (index: number) => string }): void {
  const block = Buffer.from(Array.from({ length: 50_000 }, (_, index) => `${line(index)}\n`).join(''))
  const descriptor = openSync(file, 'w')
  for (let written = 0; written < bytes; ) written += writeSync(descriptor, block)
  closeSync(descriptor)
}

/** Peers write a record for every line, and so do we. @throws Error when any is missing */
function demandAll(name: string, { file, came }: { readonly file: string; readonly came: number }): void {
  const read = linesIn(file)
  if (came !== read) throw new Error(`${name}: wrote ${came} lines of ${read}`)
}

const linesIn = (path: string): number => Number(Bun.spawnSync(['wc', '-l', path]).stdout.toString().split(' ')[0])

function report(works: readonly Work[], costs: ReadonlyMap<string, readonly Cost[]>): boolean {
  const speeds = ({ name, file }: Work): number[] => (costs.get(name) ?? []).map(({ cpuS }) => statSync(file).size / 1e6 / cpuS)
  const memory = ({ name }: Work): number => median((costs.get(name) ?? []).map(({ rssMiB }) => rssMiB))
  const rows = works.map(work => [
    work.name,
    figure(statSync(work.file).size / 1e6),
    spread(speeds(work)),
    figure(1000 / median(speeds(work))),
    figure(memory(work)),
  ])
  process.stdout.write(markdownTable(['', 'MB', 'MB a CPU second', 'CPU s a GB', 'MiB'], rows))
  const access = works.filter(({ name }) => name.startsWith('combined-time'))
  const measured = (name: string) => {
    const work = works.find(each => each.name === name)
    return work && { speed: median(speeds(work)), memoryMiB: memory(work) }
  }
  return tellGoals([
    ...access.flatMap(work => [
      { text: `${work.name}: MB a CPU second`, value: median(speeds(work)), least: 200 },
      { text: `${work.name}: MiB`, value: memory(work), most: 100 },
    ]),
    ...pipelineGoals(measured),
  ])
}
