import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../../test/helpers/fleet.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { connect, costOf, openPool, runLine } from './library.ts'
import { describeMachine } from './machine.ts'
import type { BenchOptions } from './main.ts'
import { measure } from './measure.ts'

const sizeBytes = 100_000_000
const manyChannels = 4

interface Pull {
  readonly wallS: number
  readonly cpuS: number
}

/** 100 MB from one host. The rows of the library leave out the start of a program, but not the connect. */
export async function benchPull(options: BenchOptions): Promise<boolean> {
  await using fleet = await startFleet()
  const file = join(fleet.directory, 'dump')
  await writeRandom(file)
  const [address = ''] = fleet.addresses
  const ssh = (...flags: readonly string[]) => ['ssh', '-F', fleet.sshConfigFile, ...flags, address, catOverSsh(file)]
  const ways: Readonly<Record<string, () => Promise<Pull>>> = {
    'ssh cat': () => program(ssh()),
    'ssh cat, aes128-gcm': () => program(ssh('-c', 'aes128-gcm@openssh.com')),
    'library, one channel': () => library(fleet, file, 1),
    [`library, ${manyChannels} channels`]: () => library(fleet, file, manyChannels),
    'opsctl exec --output-dir': () => opsctlExec(fleet, file),
  }
  const pulls = new Map(Object.keys(ways).map(name => [name, [] as Pull[]]))
  process.stdout.write(`${describeMachine()}\n`)
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, pull] of Object.entries(ways)) {
      const cost = await pull().catch(error => String(error))
      if (typeof cost === 'string') process.stdout.write(`${name}: no figure: ${cost}\n`)
      else pulls.get(name)?.push(cost)
    }
    process.stderr.write(`round ${round + 1}\n`)
  }
  const speed = (name: string): number => sizeBytes / 1e6 / median((pulls.get(name) ?? []).map(pull => pull.wallS))
  const rows = [...pulls]
    .filter(([, all]) => all.length === options.rounds)
    .map(([name, all]) => [
      name,
      figure(speed(name)),
      ...(['wallS', 'cpuS'] as const).map(key => spread(all.map(pull => pull[key]))),
    ])
  process.stdout.write(`\n## 100 MB, ${options.rounds} rounds\n\n${markdownTable(['', 'MB/s', 'wall s', 'CPU s'], rows)}\n`)
  const best = Math.max(speed('ssh cat'), speed('ssh cat, aes128-gcm'))
  const goals = [
    { text: 'one channel, of the faster ssh cat', value: speed('library, one channel') / best, least: 0.6 },
    { text: 'several channels, of the faster ssh cat', value: speed(`library, ${manyChannels} channels`) / best, least: 1 },
  ]
  for (const { text, value, least } of goals) {
    process.stdout.write(`- ${value >= least ? 'reached' : 'MISSED'}: ${text}: ${figure(value)}, at least ${least}\n`)
  }
  return goals.every(({ value, least }) => value >= least)
}

/** Prints the file, but only over SSH: on this machine it would be quicker, and no measurement. */
const catOverSsh = (file: string): string => `test -n "$SSH_CONNECTION" && exec cat ${file}`

/** Bytes that no compression helps with. */
async function writeRandom(file: string): Promise<void> {
  await using handle = await open(file, 'w')
  const block = randomBytes(1_000_000)
  for (let left = sizeBytes; left > 0; left -= block.length) await handle.write(block)
  await handle.chmod(0o644)
}

async function program(argv: readonly string[]): Promise<Pull> {
  const run = await measure({ argv, env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }, deadlineMs: 120_000, discard: true })
  if (run.code !== 0) throw new Error(`${argv[0]}: exit ${run.code}: ${run.stderr}`)
  return run
}

async function opsctlExec(fleet: Fleet, file: string): Promise<Pull> {
  const [address = ''] = fleet.addresses
  const directory = join(fleet.directory, 'pulled')
  const flags = ['--targets', address, '--ssh-config', fleet.sshConfigFile, '--max-output', '1GiB', '--output-dir', directory]
  const state = join(fleet.directory, 'state')
  const pull = await program([opsctlProgram(), 'exec', ...flags, '--state-dir', state, '--', catOverSsh(file)])
  const { size } = statSync(join(directory, address))
  if (size !== sizeBytes) throw new Error(`opsctl exec brought ${size} bytes of ${sizeBytes}`)
  return pull
}

/** Each channel brings its share of the file, all over one connection. */
async function library(fleet: Fleet, file: string, channels: number): Promise<Pull> {
  const { signal } = new AbortController()
  const share = sizeBytes / channels
  let received = 0
  const cost = await costOf(async () => {
    await using pool = openPool(fleet)
    const transport = await connect(pool, fleet.addresses[0] ?? '', signal)
    const sink = ({ bytes }: { readonly bytes: Uint8Array }): void => {
      received += bytes.length
    }
    const part = (index: number): string =>
      channels === 1 ? `cat ${file}` : `tail -c +${index * share + 1} ${file} | head -c ${share}`
    await Promise.all(Array.from({ length: channels }, (_, index) => runLine(transport, part(index), { signal, sink })))
  })
  if (received !== sizeBytes) throw new Error(`${channels} channels brought ${received} bytes of ${sizeBytes}`)
  return cost
}
