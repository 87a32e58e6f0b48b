import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const everyMs = 20

/** Open files of one process, counted every 20 ms, until it is disposed; and what else the kernel counts of it. */
export class ProcessPeaks implements Disposable {
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  readonly #ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  /** Most at a time. */
  files = 0

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#sample(), everyMs)
  }

  /** Most resident memory of its life. */
  get rssMiB(): number {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1]) / 1024
  }

  /** User and system time of its life, with all of its threads. */
  get cpuS(): number {
    return cpuTicks(readFileSync(`/proc/${this.#pid}/stat`, 'utf8')) / this.#ticks
  }

  #sample(): void {
    this.files = Math.max(this.files, readdirSync(`/proc/${this.#pid}/fd`).length)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** Fields 14 and 15 of proc(5) `stat`; the name in brackets before them may hold anything. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
