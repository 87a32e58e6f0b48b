import { spawnSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** Date, machine and load: what figures are worth nothing without. */
export function describeMachine(): string {
  const [cpu] = cpus()
  const load = loadavg().map(value => value.toFixed(1))
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' '),
    `Linux ${release()}`,
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}`,
    `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    `load ${load.join(' ')}`,
  ].join(' · ')
}

/** The first line that a program prints about its version. */
export function versionOf(argv: readonly string[]): string {
  const [program = '', ...args] = argv
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 })
  return (stdout || stderr || '').split('\n')[0]?.trim() ?? ''
}
