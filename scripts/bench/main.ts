/** `npm run bench -- NAME [--rounds N] [--hosts N,N] [--concurrency N] [--tools NAME,NAME]`; without a name it lists them. */
import { parseArgs } from 'node:util'
import { runShown } from '../run-shown.ts'

export interface BenchOptions {
  readonly rounds: number
  readonly hosts: readonly number[]
  readonly concurrency: number
  /** Only these clients; all when absent. */
  readonly tools: readonly string[] | undefined
}

interface Bench {
  readonly summary: string
  /** Prints its table; false when a goal was missed or something did not answer. */
  readonly run: (options: BenchOptions) => Promise<boolean>
}

const benches: Readonly<Record<string, Bench>> = {
  fleet: {
    summary: 'one command on many hosts: opsctl beside pdsh, pssh, clush and ansible',
    run: async options => (await import('./fleet.ts')).benchFleet(options),
  },
  reuse: {
    summary: 'ten commands over kept connections against ten connects',
    run: async options => (await import('./reuse.ts')).benchReuse(options),
  },
  plan: {
    summary: 'a change of three steps beside its commands alone: time, fsyncs, engine',
    run: async options => (await import('./plan.ts')).benchPlan(options),
  },
  pull: {
    summary: '100 MB from one host: opsctl beside ssh cat',
    run: async options => (await import('./pull.ts')).benchPull(options),
  },
  probe: {
    summary: 'web servers and host checks: opsctl beside blackbox_exporter and check_http',
    run: async options => (await import('./probe.ts')).benchProbe(options),
  },
  patrol: {
    summary: '5,000 checks for ever: start lag by class, memory, scrape; --tools scheduler,steady,saturated,hour,page',
    run: async options => (await import('./patrol.ts')).benchPatrol(options),
  },
  startup: {
    summary: 'how soon the compiled program answers, beside a compiled hello, C, Go and Python programs',
    run: async options => (await import('./start-up.ts')).benchStartUp(options),
  },
  logs: {
    summary: 'logs to JSON lines by format, beside cat, grep -c and zstd -1; --tools NAME,NAME picks rows, steady is one',
    run: async options => (await import('./logs.ts')).benchLogs(options),
  },
  outage: {
    summary: 'ship-logs while a sink is down for a minute, and with a large spool: SPOOL_GB says how large',
    run: async () => (await import('./log-outage.ts')).benchOutage(),
  },
  semaphore: {
    summary: 'memory of 100,000 tasks that wait for their turn',
    run: () => script('semaphore.ts'),
  },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    hosts: { type: 'string', default: '100,500' },
    concurrency: { type: 'string', default: '64' },
    tools: { type: 'string' },
  },
})
const [name] = positionals
const bench = name === undefined ? undefined : benches[name]
if (bench) {
  const reached = await bench.run({
    rounds: Number(values.rounds),
    hosts: values.hosts.split(',').map(Number),
    concurrency: Number(values.concurrency),
    tools: values.tools?.split(','),
  })
  process.exitCode = reached ? 0 : 1
} else {
  const names = Object.entries(benches).map(([word, { summary }]) => `  ${word.padEnd(10)} ${summary}\n`)
  process.stdout.write(
    `usage: npm run bench -- NAME [--rounds N] [--hosts N,N] [--concurrency N] [--tools NAME,NAME]\n${names.join('')}`,
  )
  process.exitCode = name === undefined ? 0 : 2
}

async function script(file: string): Promise<boolean> {
  const argv = [process.execPath, new URL(file, import.meta.url).pathname]
  return (await runShown({ argv, show: 'always', deadlineMs: 600_000 })).code === 0
}
