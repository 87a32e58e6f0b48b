import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../../test/helpers/fleet.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import { answered, type Client, clients } from './fleet-clients.ts'
import { describeMachine, versionOf } from './machine.ts'
import type { BenchOptions } from './main.ts'
import { measure, type Run } from './measure.ts'

const keyExchanges = ['default', 'curve25519'] as const
type KeyExchange = (typeof keyExchanges)[number]

/** One line of the table: a client with a key exchange, and its runs. */
interface Case {
  readonly client: Client
  readonly kex: KeyExchange
  readonly runs: Run[]
  /** What went wrong, from the first run on which not every host answered. */
  failure?: string
}

/** One command on every host, each client in turn, so that a busy minute of the machine meets them all. */
export async function benchFleet(options: BenchOptions): Promise<boolean> {
  const chosen = clients.filter(({ name }) => options.tools?.includes(name) ?? true)
  const present = chosen.filter(({ program }) => program !== undefined)
  const absent = chosen.filter(client => !present.includes(client)).map(({ name }) => name)
  const versions = [versionOf(['ssh', '-V']), ...present.map(({ name, version }) => `${name}: ${versionOf(version)}`)]
  process.stdout.write(`${describeMachine()}\n${versions.join(' · ')}\n`)
  if (absent.length > 0) process.stdout.write(`not installed, so not compared: ${absent.join(', ')}\n`)
  let reached = true
  for (const count of options.hosts) {
    const cases = present.flatMap(client => keyExchanges.map(kex => ({ client, kex, runs: [] }) satisfies Case))
    await runRounds(cases, count, options)
    process.stdout.write(`\n## ${count} hosts, ${options.concurrency} at a time, ${options.rounds} rounds\n\n${tableOf(cases)}\n`)
    reached = judge(cases, count) && reached
  }
  return reached
}

async function runRounds(cases: readonly Case[], count: number, options: BenchOptions): Promise<void> {
  await using fleet = await startFleet({ hosts: count })
  const configs = await writeConfigs(fleet)
  for (let round = 0; round < options.rounds; round++) {
    for (let index = 0; index < cases.length; index++) {
      // Another one begins in each round.
      const one = cases[(index + round) % cases.length]
      if (one === undefined || one.failure !== undefined) continue
      const targets = { ...fleet, sshConfigFile: configs[one.kex], concurrency: options.concurrency }
      const { argv, env } = one.client.run(targets)
      const home = {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: fleet.directory,
        XDG_STATE_HOME: fleet.directory,
        LC_ALL: 'C.UTF-8',
      }
      const run = await measure({ argv, env: { ...home, ...env }, deadlineMs: 600_000 })
      const answers = answered(run.stdout)
      const silent = fleet.addresses.filter(address => !answers.has(address))
      if (silent.length === 0) one.runs.push(run)
      else one.failure = `${count - silent.length} of ${count} answered; ${lastLine(run)}`
      process.stderr.write(`round ${round + 1} ${one.client.name} ${one.kex} ${figure(run.wallS)} s\n`)
    }
  }
}

/** The fleet's configuration, and the same with the key exchange that costs OpenSSH least of the safe ones. */
async function writeConfigs(fleet: Fleet): Promise<Readonly<Record<KeyExchange, string>>> {
  const tuned = join(fleet.directory, 'ssh_config_curve25519')
  await writeFile(tuned, `KexAlgorithms curve25519-sha256\n${await readFile(fleet.sshConfigFile, 'utf8')}`)
  return { default: fleet.sshConfigFile, curve25519: tuned }
}

const lastLine = ({ stderr, code }: Run): string => `exit ${code}, ${stderr.trim().split('\n').at(-1) ?? ''}`

const medianOf = (one: Case, key: 'wallS' | 'cpuS' | 'rssMiB' | 'pssMiB'): number => median(one.runs.map(run => run[key]))

const find = (cases: readonly Case[], name: string, kex: KeyExchange): Case | undefined =>
  cases.find(({ client, kex: own, failure }) => client.name === name && own === kex && failure === undefined)

function tableOf(cases: readonly Case[]): string {
  const ours = find(cases, 'opsctl', 'default')
  const times = (one: Case, key: 'wallS' | 'cpuS'): string =>
    ours === undefined ? '–' : figure(medianOf(one, key) / medianOf(ours, key))
  const rows = cases.map(one => {
    const label = [one.client.name, one.kex]
    if (one.failure !== undefined) return [...label, `no figures: ${one.failure}`, '', '', '', '', '']
    const memory = [medianOf(one, 'rssMiB').toFixed(0), medianOf(one, 'pssMiB').toFixed(0)]
    const cost = [spread(one.runs.map(run => run.wallS)), spread(one.runs.map(run => run.cpuS)), ...memory]
    return [...label, ...cost, times(one, 'wallS'), times(one, 'cpuS')]
  })
  const head = ['client', 'key exchange', 'wall s', 'CPU s', 'RSS MiB', 'PSS MiB', 'wall ÷ opsctl', 'CPU ÷ opsctl']
  return markdownTable(head, rows)
}

/** Compares with the goals and says which are reached. They hold against the peers' tuned setting. */
function judge(cases: readonly Case[], count: number): boolean {
  const ours = find(cases, 'opsctl', 'default')
  const peer = (name: string): Case | undefined => find(cases, name, 'curve25519')
  const peers = ['pdsh', 'pssh', 'clush', 'ansible'].map(peer).filter(one => one !== undefined)
  if (ours === undefined) {
    process.stdout.write('no claim: opsctl did not get an answer from every host\n')
    return false
  }
  const [pdsh, ansible] = [peer('pdsh'), peer('ansible')]
  const cpu = medianOf(ours, 'cpuS')
  const goals: { readonly text: string; readonly value: number; readonly most: number }[] = []
  if (pdsh) goals.push({ text: "CPU, of pdsh's", value: cpu / medianOf(pdsh, 'cpuS'), most: count >= 500 ? 0.35 : 0.5 })
  if (ansible) goals.push({ text: "CPU, of ansible's", value: cpu / medianOf(ansible, 'cpuS'), most: 0.1 })
  if (peers.length > 0) {
    const best = Math.min(...peers.map(one => medianOf(one, 'wallS')))
    goals.push({ text: "wall, of the best peer's", value: medianOf(ours, 'wallS') / best, most: 1.05 })
  }
  goals.push({ text: 'peak memory, MiB', value: medianOf(ours, 'rssMiB'), most: 100 })
  for (const { text, value, most } of goals) {
    process.stdout.write(`- ${value <= most ? 'reached' : 'MISSED'}: ${text}: ${figure(value)}, at most ${most}\n`)
  }
  return cases.every(({ failure }) => failure === undefined) && goals.every(({ value, most }) => value <= most)
}
