import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../../test/helpers/fleet.ts'
import { figure, markdownTable, median, spread } from './figures.ts'
import { opsctlProgram } from './fleet-clients.ts'
import { tellGoals } from './goals.ts'
import type { BenchOptions } from './main.ts'
import { measure, type Run } from './measure.ts'

const hosts = 100
const goal = 1.2

const parameter = (name: string, value: number) => ({ type: 'kernel-parameter', name, value })

/**
 * Thirty checks of a host. None waits to see a figure change, which would be a second of nothing for each host; none lists processes or
 * ports, since every one of these hosts would find the logins to all of the others: they are one machine.
 */
export const hostChecks: readonly object[] = [
  { type: 'load', warn: 1000, fail: 2000 },
  { type: 'memory' },
  { type: 'swap' },
  { type: 'uptime' },
  { type: 'clock' },
  { type: 'network' },
  ...['cpu', 'memory', 'io'].map(resource => ({ type: 'pressure', resource })),
  ...['/', '/tmp'].map(path => ({ type: 'disk', path })),
  ...['/', '/tmp'].map(path => ({ type: 'inodes', path })),
  ...['/proc', '/sys', '/dev'].map(path => ({ type: 'mount', path })),
  parameter('kernel.randomize_va_space', 2),
  parameter('net.ipv4.tcp_syncookies', 1),
  parameter('fs.protected_symlinks', 1),
  parameter('fs.protected_hardlinks', 1),
  ...['/etc/hosts', '/etc/ssh/sshd_config'].map(path => ({ type: 'file', path })),
  { type: 'file', path: '/etc/passwd', contains: 'root' },
  ...['root', 'daemon'].map(name => ({ type: 'user', name })),
  ...['root', 'adm'].map(name => ({ type: 'group', name })),
  { type: 'package', name: 'openssh-server' },
  { type: 'reboot-required' },
  { type: 'failed-services' },
]

/** Thirty checks on each host, in one connection, beside the command `true` on each. */
export async function benchProbeHosts({ rounds }: BenchOptions): Promise<boolean> {
  await using fleet = await startFleet({ hosts })
  const file = join(fleet.directory, 'checks.yaml')
  const checks = hostChecks.map((check, index) => ({ name: `check${index}`, ...check }))
  // What is JSON is YAML.
  await writeFile(file, JSON.stringify({ defaults: { retries: 0 }, checks }))
  const alone: Run[] = []
  const checked: Run[] = []
  for (let round = 0; round < rounds; round++) {
    alone.push(await onFleet(fleet, { command: 'exec', rest: ['--', 'true'] }))
    checked.push(await onFleet(fleet, { command: 'probe', rest: ['-f', file, '-o', 'json'] }))
    process.stderr.write(
      `round ${round + 1}, ${hosts} hosts: ${figure(alone.at(-1)?.wallS ?? 0)} and ${figure(checked.at(-1)?.wallS ?? 0)} s\n`,
    )
  }
  const row = (name: string, runs: readonly Run[]): string[] => [
    name,
    spread(runs.map(run => run.wallS)),
    spread(runs.map(run => run.cpuS)),
    Math.max(...runs.map(run => run.rssMiB)).toFixed(0),
  ]
  const rows = [row('`exec -- true`', alone), row(`${checks.length} checks`, checked)]
  process.stdout.write(`\n## ${hosts} hosts, ${rounds} rounds\n\n${markdownTable(['', 'wall s', 'CPU s', 'RSS MiB'], rows)}\n`)
  const ratio = median(checked.map((run, round) => run.wallS / (alone[round]?.wallS ?? Number.NaN)))
  return tellGoals([{ text: `${checks.length} host checks, times \`true\``, value: ratio, most: goal }])
}

interface OnFleet {
  readonly command: string
  readonly rest: readonly string[]
}

/** What was found does not matter here, that everything was answered does: 69 is a host that was not reached. */
async function onFleet({ addresses, sshConfigFile, directory }: Fleet, { command, rest }: OnFleet): Promise<Run> {
  const targets = ['--targets', addresses.join(','), '--ssh-config', sshConfigFile, '--concurrency', String(hosts)]
  const env = { PATH: '/usr/bin:/bin', HOME: directory, XDG_STATE_HOME: directory, LC_ALL: 'C.UTF-8' }
  const run = await measure({ argv: [opsctlProgram(), command, ...targets, ...rest], env, deadlineMs: 600_000 })
  if (run.code === 0 || (command === 'probe' && run.code === 1)) return run
  throw new Error(`opsctl ${command} ended with ${run.code}: ${run.stderr.slice(0, 500)}`)
}
