import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Cost } from './measure.ts'

const everyMs = 30
/** Proportional memory makes the kernel walk the page tables, so it is read more rarely. */
const pssEvery = 5

/** Sums the memory of processes every 30 ms and keeps the peaks. */
export class MemorySampler {
  readonly #pageBytes = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }))
  readonly #pids: () => readonly number[]
  readonly #timer: NodeJS.Timeout
  #samples = 0
  #rssBytes = 0
  #pssBytes = 0

  constructor(pids: () => readonly number[]) {
    this.#pids = pids
    this.#timer = setInterval(() => this.#sample(), everyMs)
  }

  peak(): Pick<Cost, 'rssMiB' | 'pssMiB'> {
    return { rssMiB: this.#rssBytes / 1024 ** 2, pssMiB: this.#pssBytes / 1024 ** 2 }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const pids = this.#pids()
    const sum = (bytesOf: (pid: number) => number): number => pids.reduce((all, pid) => all + bytesOf(pid), 0)
    this.#rssBytes = Math.max(
      this.#rssBytes,
      sum(pid => Number(readProcess(pid, 'statm').split(' ')[1] ?? 0) * this.#pageBytes),
    )
    if (this.#samples++ % pssEvery !== 0) return
    this.#pssBytes = Math.max(
      this.#pssBytes,
      sum(pid => Number(/^Pss:\s+(\d+) kB/m.exec(readProcess(pid, 'smaps_rollup'))?.[1] ?? 0) * 1024),
    )
  }
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // The process has ended.
    return ''
  }
}
