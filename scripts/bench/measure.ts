import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlGroup } from './control-group.ts'
import { MemorySampler } from './memory-sampler.ts'

/** What one run of a program cost, with everything it started. */
export interface Cost {
  readonly wallS: number
  /** User and system time of the whole process tree. */
  readonly cpuS: number
  /** Peak of the sum of resident memory; pages that processes share count once for each of them. */
  readonly rssMiB: number
  /** Peak of the sum of proportional memory, where shared pages count once in all. */
  readonly pssMiB: number
}

export interface Run extends Cost {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program in a control group of its own and measures it. Its output goes to files (stdout to /dev/null with
 * `discard`), so that reading it takes no part in the figures.
 */
export async function measure(program: {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly deadlineMs: number
  readonly discard?: boolean
}): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'opsctl-bench-'))
  const stdout = openSync(program.discard ? '/dev/null' : join(directory, 'stdout'), 'w')
  const stderr = openSync(join(directory, 'stderr'), 'w')
  using group = new ControlGroup()
  // The shell puts itself into the group before it becomes the program: nothing is counted late or left out.
  const enter = ['-c', 'echo $$ >"$0" && exec "$@"', group.entrance, ...program.argv]
  const start = performance.now()
  const child = spawn('sh', enter, { env: { ...program.env }, cwd: directory, stdio: ['ignore', stdout, stderr] })
  const sampler = new MemorySampler(() => group.pids())
  const timer = setTimeout(() => group.kill(), program.deadlineMs)
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
    const wallS = (performance.now() - start) / 1000
    const read = (name: string): string =>
      program.discard && name === 'stdout' ? '' : readFileSync(join(directory, name), 'utf8')
    return { wallS, cpuS: group.cpuSeconds(), ...sampler.peak(), code, stdout: read('stdout'), stderr: read('stderr') }
  } finally {
    clearTimeout(timer)
    sampler.stop()
    for (const fd of [stdout, stderr]) closeSync(fd)
    rmSync(directory, { recursive: true })
  }
}
