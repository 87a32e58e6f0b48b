import type { Order } from '../condition/comparisons.ts'
import type { FieldNames, RecordLine } from '../line/record-line.ts'
import { numberField } from '../quantity.ts'
import type { Count, Percentile, Ratio, Threshold } from '../rule.ts'
import type { Recent } from './recent.ts'
import { Sketch } from './sketch.ts'
import type { Cell } from './window.ts'

/** What a window says. */
export interface Judgement {
  readonly holds: boolean
  /** What is compared; NaN where nothing can be said. */
  readonly value: number
  readonly hits: number
  readonly base: number
}

/** Counts records, and judges windows of them. */
export interface Gauge {
  /** Whether the record is one of those that matter. `recent` is of its group, where the gauge needs the last ones. */
  take(cell: Cell, line: RecordLine, recent: Recent | undefined): boolean
  judge(sum: Cell, recent: Recent | undefined): Judgement
}

export type Windowed = Count | Ratio | Percentile | Threshold

export function gaugeOf(measure: Windowed, fields: FieldNames): Gauge {
  switch (measure.kind) {
    case 'count':
      return countGauge(measure, fields)
    case 'ratio':
      return ratioGauge(measure, fields)
    case 'percentile':
      return percentileGauge(measure, fields)
    case 'threshold':
      return thresholdGauge(measure, fields)
  }
}

export function isBeyond(value: number, order: Order, bound: number): boolean {
  if (order === '>') return value > bound
  if (order === '>=') return value >= bound
  return order === '<' ? value < bound : value <= bound
}

function countGauge({ of, bound }: Count, fields: FieldNames): Gauge {
  const fits = of.compile(fields)
  return {
    take(cell, line) {
      cell.base++
      if (!fits(line)) return false
      cell.hits++
      return true
    },
    judge: ({ hits, base }) => ({ holds: isBeyond(hits, bound.order, bound.value), value: hits, hits, base }),
  }
}

function ratioGauge({ of, base: total, bound, least }: Ratio, fields: FieldNames): Gauge {
  const counts = total.compile(fields)
  const fits = of.compile(fields)
  return {
    take(cell, line) {
      if (!counts(line)) return false
      cell.base++
      if (!fits(line)) return false
      cell.hits++
      return true
    },
    judge: ({ hits, base }) => {
      const value = base >= least ? hits / base : Number.NaN
      return { holds: isBeyond(value, bound.order, bound.value), value, hits, base }
    },
  }
}

function percentileGauge({ field, percent, order, limit, least }: Percentile, fields: FieldNames): Gauge {
  const number = numberField(field, limit.unit, fields)
  return {
    take(cell, line) {
      const value = number(line)
      if (Number.isNaN(value)) return false
      cell.base++
      cell.sketch ??= new Sketch()
      cell.sketch.add(value)
      if (!isBeyond(value, order, limit.value)) return false
      cell.hits++
      return true
    },
    judge: ({ hits, base, sketch }) => {
      const value = base >= least && sketch ? sketch.percentile(percent) : Number.NaN
      return { holds: isBeyond(value, order, limit.value), value, hits, base }
    },
  }
}

function thresholdGauge({ field, order, limit, times, share }: Threshold, fields: FieldNames): Gauge {
  const number = numberField(field, limit.unit, fields)
  const isUpper = order.startsWith('>')
  return {
    take(cell, line, recent) {
      const value = number(line)
      if (Number.isNaN(value)) return false
      cell.base++
      const hit = isBeyond(value, order, limit.value)
      recent?.add(hit)
      if (!hit) return false
      cell.hits++
      if (!(isUpper ? cell.worst >= value : cell.worst <= value)) cell.worst = value
      return true
    },
    judge: ({ hits, base, worst }, recent) => {
      if (times && recent) {
        // What nobody has seen for the length of a window is no news.
        const holds = base > 0 && recent.hits >= times.hits
        return { holds, value: recent.hits, hits: recent.hits, base: recent.count }
      }
      if (!share) return { holds: hits > 0, value: worst, hits, base }
      const value = base >= share.least ? hits / base : Number.NaN
      return { holds: value > share.value, value, hits, base }
    },
  }
}
