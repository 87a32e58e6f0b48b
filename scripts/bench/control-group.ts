import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

interface Kind {
  /** Where a group is made. */
  readonly parent: string
  /** A file that tells that the kernel has it there. */
  readonly sign: string
  readonly cpuSeconds: (directory: string) => number
}

const read = (directory: string, file: string): string => readFileSync(join(directory, file), 'utf8')
const version2 = (parent: string): Kind => ({
  parent,
  sign: 'cgroup.controllers',
  cpuSeconds: directory => Number(/^usage_usec (\d+)/m.exec(read(directory, 'cpu.stat'))?.[1]) / 1e6,
})

const kinds: readonly Kind[] = [
  {
    parent: '/sys/fs/cgroup/cpuacct',
    sign: 'cpuacct.usage',
    cpuSeconds: directory => Number(read(directory, 'cpuacct.usage')) / 1e9,
  },
  version2('/sys/fs/cgroup'),
  version2('/sys/fs/cgroup/unified'),
]

/**
 * Counts the CPU time of everything a program starts, also of what it does not wait for, which rusage leaves out.
 * Needs root and cgroup v1 cpuacct or v2.
 */
export class ControlGroup implements Disposable {
  readonly #kind: Kind
  readonly #directory: string

  constructor() {
    const kind = kinds.find(({ parent, sign }) => existsSync(join(parent, sign)))
    if (kind === undefined) throw new Error('this machine has neither cgroup v1 cpuacct nor cgroup v2: CPU cannot be counted')
    this.#kind = kind
    this.#directory = join(kind.parent, `opsctl-bench-${process.pid}-${performance.now().toFixed(3)}`)
    mkdirSync(this.#directory)
  }

  /** A process that writes its id there belongs to the group, and so does everything it starts. */
  get entrance(): string {
    return join(this.#directory, 'cgroup.procs')
  }

  cpuSeconds(): number {
    return this.#kind.cpuSeconds(this.#directory)
  }

  pids(): readonly number[] {
    return read(this.#directory, 'cgroup.procs').split('\n').filter(Boolean).map(Number)
  }

  kill(): void {
    for (const pid of this.pids()) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended in the meantime.
      }
    }
  }

  /** Ends what the program left behind. */
  [Symbol.dispose](): void {
    const end = performance.now() + 5000
    while (this.pids().length > 0 && performance.now() < end) {
      this.kill()
      Bun.sleepSync(5)
    }
    rmdirSync(this.#directory)
  }
}
