import type { Transport } from '../../src/lib/core/transport.ts'
import { Semaphore } from '../../src/lib/run/semaphore.ts'
import { type Fleet, startFleet } from '../../test/helpers/fleet.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import { connect, costOf, openPool, runLine } from './library.ts'
import { describeMachine } from './machine.ts'
import type { BenchOptions } from './main.ts'

const commands = 10
const goal = 8

type Cost = Awaited<ReturnType<typeof costOf>>

/** Ten commands on each host over kept connections, against a connection for each of the ten. CPU is that of this process alone. */
export async function benchReuse(options: BenchOptions): Promise<boolean> {
  const count = options.hosts[0] ?? 100
  await using fleet = await startFleet({ hosts: count })
  const kept: Cost[] = []
  const first: Cost[] = []
  const fresh: Cost[] = []
  process.stdout.write(`${describeMachine()}\n`)
  for (let round = 0; round < options.rounds; round++) {
    const once = await keptConnections(fleet, options.concurrency)
    first.push(once.connecting)
    kept.push(once.running)
    fresh.push(await costOf(() => freshConnections(fleet, options.concurrency)))
    process.stderr.write(`round ${round + 1}\n`)
  }
  const row = (name: string, costs: readonly Cost[]): string[] => [
    name,
    spread(costs.map(cost => cost.wallS)),
    spread(costs.map(cost => cost.cpuS)),
  ]
  const rows = [
    row('ten commands over kept connections', kept),
    row('the connects before them', first),
    row('ten connects with a command each', fresh),
  ]
  process.stdout.write(`\n## ${count} hosts, ${options.rounds} rounds\n\n${markdownTable(['', 'wall s', 'CPU s'], rows)}\n`)
  const ratio = median(fresh.map(cost => cost.cpuS)) / median(kept.map(cost => cost.cpuS))
  process.stdout.write(
    `- ${ratio >= goal ? 'reached' : 'MISSED'}: CPU of ten connects ÷ ten commands: ${figure(ratio)}, at least ${goal}\n`,
  )
  return ratio >= goal
}

async function keptConnections(fleet: Fleet, concurrency: number): Promise<{ connecting: Cost; running: Cost }> {
  const { signal } = new AbortController()
  await using pool = openPool(fleet)
  const transports: Transport[] = []
  const connecting = await costOf(() =>
    onEach(fleet, concurrency, async address => void transports.push(await connect(pool, address, signal))),
  )
  const running = await costOf(async () => {
    for (let command = 0; command < commands; command++) {
      await Promise.all(transports.map(transport => runLine(transport, 'true', { signal })))
    }
  })
  return { connecting, running }
}

async function freshConnections(fleet: Fleet, concurrency: number): Promise<void> {
  const { signal } = new AbortController()
  for (let command = 0; command < commands; command++) {
    await using pool = openPool(fleet)
    await onEach(fleet, concurrency, async address => {
      const transport = await connect(pool, address, signal)
      await runLine(transport, 'true', { signal })
      await transport[Symbol.asyncDispose]()
    })
  }
}

async function onEach(fleet: Fleet, concurrency: number, call: (address: string) => Promise<void>): Promise<void> {
  const semaphore = new Semaphore(concurrency)
  const { signal } = new AbortController()
  await Promise.all(
    fleet.addresses.map(async address => {
      using _lease = await semaphore.acquire(1, signal)
      await call(address)
    }),
  )
}
