import { Sketch } from './sketch.ts'

/** What came within one step of time. */
export class Cell {
  step = -1
  /** Records that fit, of `base` that were looked at. */
  hits = 0
  base = 0
  /** The value that is furthest beyond the limit. */
  worst = Number.NaN
  sketch: Sketch | undefined

  begin(step: number): void {
    this.step = step
    this.hits = 0
    this.base = 0
    this.worst = Number.NaN
    this.sketch = undefined
  }
}

/** A cell to be kept: its step, hits and base, then the worst value where there is one, and the parts of its sketch. */
export type KeptCell = readonly [step: number, hits: number, base: number, worst?: number | null, sketch?: readonly number[]]

export interface WindowSize {
  /** Steps of a window, the one that is under way included. */
  readonly steps: number
  /** So many are kept at most, for streams that are behind others. */
  readonly maxSteps: number
  /** Whether a smaller value is worse than a greater one. */
  readonly isLower: boolean
}

/** A window that slides over time in steps. Any window of what is kept can be looked at. */
export class Window {
  readonly #size: WindowSize
  #cells: (Cell | undefined)[]

  constructor(size: WindowSize) {
    this.#size = size
    this.#cells = new Array(powerOfTwo(size.steps + 1)).fill(undefined)
  }

  /** Where to count what came in that step; undefined where it is too far behind what came already. */
  cell(step: number): Cell | undefined {
    const known = this.#at(step)
    if (known === undefined || known.step < step) {
      const cell = known ?? new Cell()
      cell.begin(step)
      this.#cells[step & (this.#cells.length - 1)] = cell
      return cell
    }
    if (known.step === step) return known
    return this.#grow(known.step - step) ? this.cell(step) : undefined
  }

  /** What a window that ends with that step, or a later one, may need. */
  kept(last: number): KeptCell[] {
    return this.#cells.flatMap((cell): KeptCell[] => {
      if (cell === undefined || cell.base === 0 || cell.step <= last - this.#size.steps) return []
      const { step, hits, base, worst, sketch } = cell
      if (sketch) return [[step, hits, base, null, sketch.parts]]
      return [Number.isNaN(worst) ? [step, hits, base] : [step, hits, base, worst]]
    })
  }

  restore(kept: readonly KeptCell[]): void {
    for (const [step, hits, base, worst, sketch] of [...kept].sort((a, b) => a[0] - b[0])) {
      const cell = this.cell(step)
      if (cell === undefined) continue
      cell.hits = hits
      cell.base = base
      cell.worst = worst ?? Number.NaN
      cell.sketch = sketch && Sketch.ofParts(sketch)
    }
  }

  /** All of the window that ends with that step. */
  sum(last: number): Cell {
    const sum = new Cell()
    sum.begin(last)
    for (let step = last - this.#size.steps + 1; step <= last; step++) {
      const cell = this.#at(step)
      if (cell?.step !== step) continue
      sum.hits += cell.hits
      sum.base += cell.base
      sum.worst = this.#worse(sum.worst, cell.worst)
      if (cell.sketch === undefined) continue
      sum.sketch ??= new Sketch()
      sum.sketch.merge(cell.sketch)
    }
    return sum
  }

  #worse(a: number, b: number): number {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? b : a
    return this.#size.isLower ? Math.min(a, b) : Math.max(a, b)
  }

  #at(step: number): Cell | undefined {
    return this.#cells[step & (this.#cells.length - 1)]
  }

  /** Makes room to go back so many steps behind the newest one. */
  #grow(behind: number): boolean {
    const wanted = behind + this.#size.steps + 1
    if (wanted > this.#size.maxSteps || wanted <= this.#cells.length) return false
    const cells: (Cell | undefined)[] = new Array(powerOfTwo(wanted)).fill(undefined)
    for (const cell of this.#cells) if (cell) cells[cell.step & (cells.length - 1)] = cell
    this.#cells = cells
    return true
  }
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, least)))
