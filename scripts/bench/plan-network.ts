import { join } from 'node:path'
import { type Host, hostNamed } from '../../src/lib/core/host.ts'
import type { Transport } from '../../src/lib/core/transport.ts'
import type { ConnectionPool } from '../../src/lib/transport/pool.ts'
import { type Fleet, startFleet } from '../../test/helpers/fleet.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import { connect, costOf, openPool, runLine } from './library.ts'
import type { BenchOptions } from './main.ts'
import type { StateDirectory } from './plan.ts'
import { applyChange, type ChangeCost } from './plan-change.ts'
import { Replay } from './plan-replay.ts'
import { fileNames, oldContent, threeSteps } from './plan-steps.ts'

/** Wall time of the change, of that of its commands; fsyncs of a step on a host. */
const goals = { ratio: 1.5, syncs: 2 }

type Cost = Awaited<ReturnType<typeof costOf>>

interface Comparison {
  readonly name: string
  readonly changes: ChangeCost[]
  readonly commands: Cost[]
  /** A change of one host, where nobody shares an fsync. */
  readonly single: ChangeCost
  readonly commandsPerHost: number
}

/** A change over kept connections beside the commands that it ran, run again over the same connections. */
export async function benchNetwork(state: StateDirectory, options: BenchOptions): Promise<boolean> {
  const count = options.hosts[0] ?? 100
  await using fleet = await startFleet({ hosts: count })
  await using pool = openPool(fleet)
  const transports: Transport[] = []
  for (const address of fleet.addresses) transports.push(await connect(pool, address, new AbortController().signal))
  const comparisons: Comparison[] = []
  for (const name of Object.keys(threeSteps)) comparisons.push(await compare(name, { fleet, pool, transports, state, options }))
  const what = `${count} hosts, ${options.concurrency} at a time, ${options.rounds} rounds, journal on ${state.fileSystem}`
  process.stdout.write(`\n## ${what}\n\n${tableOf(comparisons)}\n`)
  return comparisons.map(one => judge(one, count)).every(Boolean)
}

interface Place {
  readonly fleet: Fleet
  readonly pool: ConnectionPool
  readonly transports: readonly Transport[]
  readonly state: StateDirectory
  readonly options: BenchOptions
}

async function compare(name: string, { fleet, pool, transports, state, options }: Place): Promise<Comparison> {
  const { concurrency, rounds } = options
  const hosts = fleet.addresses.map(address => hostNamed(address))
  const replay = new Replay(pool, host => directoryOf(fleet, host))
  const work = { hosts, connector: replay, steps: threeSteps[name] ?? [], concurrency, stateDirectory: state.path }
  const [changes, commands]: [ChangeCost[], Cost[]] = [[], []]
  const runs = [
    async () => {
      replay.clear()
      changes.push(await applyChange(work))
    },
    async () => void commands.push(await costOf(() => replay.run(hosts, concurrency))),
  ]
  // The first round warms up and is not counted; in each round after it another one begins.
  for (let round = 0; round <= rounds; round++) {
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) {
      await reset(fleet, transports)
      await run()
    }
    process.stderr.write(`${name}: round ${round} of ${rounds}\n`)
  }
  const { commandsPerHost } = replay
  await reset(fleet, transports)
  const single = await applyChange({ ...work, hosts: hosts.slice(0, 1) })
  return { name, changes: changes.slice(1), commands: commands.slice(1), single, commandsPerHost }
}

const directoryOf = ({ user }: Fleet, { name }: Host): string => join(user.home, name)

/** Gives every host its files as they were. */
async function reset(fleet: Fleet, transports: readonly Transport[]): Promise<void> {
  const { signal } = new AbortController()
  for (const transport of transports) {
    const line = `mkdir -p ${directoryOf(fleet, transport.host)} && cd ${directoryOf(fleet, transport.host)} && tee ${fileNames.join(' ')} >/dev/null`
    await runLine(transport, line, { signal, stdin: oldContent })
  }
}

const totalOf = ({ setUp, steps, close }: ChangeCost, key: 'wallS' | 'cpuS'): number => setUp[key] + steps[key] + close[key]

function tableOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.flatMap(({ name, changes, commands, commandsPerHost }) => {
    const wall = median(commands.map(({ wallS }) => wallS))
    const row = (what: string, costs: readonly Cost[]): string[] => [
      ...[what, spread(costs.map(({ wallS }) => wallS)), spread(costs.map(({ cpuS }) => cpuS))],
      figure(median(costs.map(({ wallS }) => wallS)) / wall),
    ]
    const whole = changes.map(change => ({ wallS: totalOf(change, 'wallS'), cpuS: totalOf(change, 'cpuS') }))
    return [
      row(`three times ${name}: the ${commandsPerHost} commands a host alone`, commands),
      row('the change', whole),
      row(
        'of it locks and a new journal',
        changes.map(({ setUp }) => setUp),
      ),
      row(
        'of it the steps',
        changes.map(({ steps }) => steps),
      ),
      row(
        'of it the end',
        changes.map(({ close }) => close),
      ),
    ]
  })
  return markdownTable(['', 'wall s', 'CPU s', '÷ commands'], rows)
}

function judge({ name, changes, commands, single }: Comparison, hosts: number): boolean {
  const ratio = median(changes.map(change => totalOf(change, 'wallS'))) / median(commands.map(({ wallS }) => wallS))
  const shared = median(changes.map(({ steps }) => steps.syncs)) / (hosts * 3)
  const alone = single.steps.syncs / 3
  const rest = `; besides ${single.setUp.syncs} at the start and ${single.close.syncs} at the end of a change`
  const lines = [
    { text: `${name}: change ÷ the same commands`, value: ratio, most: goals.ratio, rest: '' },
    { text: `${name}: fsyncs of a step and host, ${hosts} hosts`, value: shared, most: goals.syncs, rest: '' },
    { text: `${name}: fsyncs of a step, one host`, value: alone, most: goals.syncs, rest },
  ]
  for (const { text, value, most, rest } of lines) {
    process.stdout.write(`- ${value <= most ? 'reached' : 'MISSED'}: ${text}: ${figure(value)}, at most ${most}${rest}\n`)
  }
  return lines.every(({ value, most }) => value <= most)
}
