import { appendFileSync, readFileSync } from 'node:fs'

/** Lines of which each has the next number: `{"n":7,"text":"…"}`. */
export class NumberedLines {
  readonly #random: () => number
  #next = 0

  /** `random` tells how long lines are. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** So many were written: the numbers below it. */
  get written(): number {
    return this.#next
  }

  /** The next lines, to be written by whoever asks. */
  take(count: number): string {
    const lines: string[] = []
    for (let index = 0; index < count; index++)
      lines.push(`{"n":${this.#next++},"text":"${'x'.repeat(Math.floor(this.#random() * 200))}"}\n`)
    return lines.join('')
  }

  append(path: string, count: number): void {
    appendFileSync(path, this.take(count))
  }
}

/** What came of the numbers in files of JSON lines, in the order of the files. */
export interface Arrived {
  /** Those that came never. */
  readonly missing: readonly number[]
  /** How often it began again with what had come before, and how many records that repeated at most. */
  readonly repeats: number
  readonly longestRepeat: number
  /** Lines that are no record: a process was killed while it wrote them. */
  readonly torn: number
}

export function arrived(paths: readonly string[], written: number): Arrived {
  const seen = new Set<number>()
  let [repeats, longestRepeat, torn, repeated] = [0, 0, 0, 0]
  for (const path of paths)
    for (const line of linesOf(path)) {
      const number = numberIn(line)
      if (number === undefined) {
        torn++
        continue
      }
      if (seen.has(number)) {
        if (repeated++ === 0) repeats++
        longestRepeat = Math.max(longestRepeat, repeated)
      } else repeated = 0
      seen.add(number)
    }
  const missing: number[] = []
  for (let number = 0; number < written; number++) if (!seen.has(number)) missing.push(number)
  return { missing, repeats, longestRepeat, torn }
}

/** How often numbers that had come before came again, one behind the other, and how many at most. */
export function repeatsIn(numbers: Iterable<number>): { readonly episodes: number; readonly longest: number } {
  const seen = new Set<number>()
  let [episodes, longest, length] = [0, 0, 0]
  for (const number of numbers) {
    if (!seen.has(number)) length = 0
    else if (length++ === 0) episodes++
    longest = Math.max(longest, length)
    seen.add(number)
  }
  return { episodes, longest }
}

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)

function numberIn(line: string): number | undefined {
  try {
    const { n } = JSON.parse(line)
    return typeof n === 'number' ? n : undefined
  } catch {
    return undefined
  }
}
