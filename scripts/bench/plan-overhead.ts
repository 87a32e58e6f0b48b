import { hostNamed } from '../../src/lib/core/host.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import type { BenchOptions } from './main.ts'
import type { StateDirectory } from './plan.ts'
import { applyChange, type ChangeCost } from './plan-change.ts'
import { MemoryHosts } from './plan-memory-hosts.ts'
import { oldContent, threeSteps } from './plan-steps.ts'

/** Milliseconds of a step, by CPU: the wall clock also counts what other programs do meanwhile. */
const goal = 0.2

interface Case {
  readonly state: StateDirectory
  readonly name: string
  readonly hosts: number
  readonly costs: ChangeCost[]
}

/** Three steps on hosts that answer at once: what is left is the engine and its journal. */
export async function benchOverhead(states: readonly StateDirectory[], options: BenchOptions): Promise<boolean> {
  const counts = [1, options.hosts[0] ?? 100]
  const cases = states.flatMap(state =>
    Object.keys(threeSteps).flatMap(name => counts.map((hosts): Case => ({ state, name, hosts, costs: [] }))),
  )
  for (let round = 0; round < options.rounds; round++) {
    for (const one of cases) one.costs.push(await applyInMemory(one, options.concurrency))
  }
  const perStep = ({ hosts, costs }: Case, key: 'wallS' | 'cpuS'): number[] =>
    costs.map(({ steps }) => (steps[key] * 1000) / (hosts * 3))
  const rows = cases.map(one => [
    ...[one.name, String(one.hosts), one.state.fileSystem],
    ...[spread(perStep(one, 'wallS')), spread(perStep(one, 'cpuS')), figure(perStep(one, 'wallS')[0] ?? Number.NaN)],
  ])
  const head = ['three times', 'hosts', 'journal on', 'wall ms a step', 'CPU ms a step', 'wall ms a step, first run']
  process.stdout.write(`\n## Without a network, ${options.rounds} rounds\n\n${markdownTable(head, rows)}\n`)
  let reached = true
  for (const one of cases.filter(({ hosts }) => hosts === counts[1])) {
    const value = median(perStep(one, 'cpuS'))
    reached &&= value <= goal
    const what = `${one.name} on ${one.hosts} hosts, journal on ${one.state.fileSystem}`
    process.stdout.write(`- ${value <= goal ? 'reached' : 'MISSED'}: CPU ms a step, ${what}: ${figure(value)}, at most ${goal}\n`)
  }
  return reached
}

async function applyInMemory({ state, name, hosts }: Case, concurrency: number): Promise<ChangeCost> {
  const targets = Array.from({ length: hosts }, (_, index) => hostNamed(`web${index + 1}`))
  const connector = new MemoryHosts(oldContent)
  return applyChange({ hosts: targets, connector, steps: threeSteps[name] ?? [], concurrency, stateDirectory: state.path })
}
