import { nodeSetError } from './error.ts'

/** `01-20/5` of a bracket: the numbers from `from` to `to`, written with at least `width` digits. */
export interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
  readonly width: number
}

/** Digits a number of a range may have, so that it stays an exact integer. */
export const maxDigits = 15

const rangeShape = /^(\d+)(?:\s*-\s*(\d+))?(?:\s*\/\s*(\d+))?$/

/**
 * The ranges of a bracket, `text` from `start` up to `end` without the brackets themselves.
 * @throws OpsError E_NODE_SET
 */
export function parseRanges({ text, start, end }: { text: string; start: number; end: number }): Range[] {
  const ranges: Range[] = []
  let at = start
  for (const piece of text.slice(start, end).split(',')) {
    const indent = piece.length - piece.trimStart().length
    ranges.push(parseRange({ text, at: at + indent, piece: piece.trim() }))
    at += piece.length + 1
  }
  return ranges
}

/** How many numbers the ranges name, repeats counted. */
export function countOf(ranges: readonly Range[]): number {
  let count = 0
  for (const { from, to, step } of ranges) count += Math.floor((to - from) / step) + 1
  return count
}

export function* numbersOf(ranges: readonly Range[]): Generator<string> {
  for (const { from, to, step, width } of ranges) {
    for (let value = from; value <= to; value += step) yield String(value).padStart(width, '0')
  }
}

function parseRange({ text, at, piece }: { text: string; at: number; piece: string }): Range {
  const fail = (problem: string, hint?: string): never => {
    throw nodeSetError({ text, at, problem, ...(hint === undefined ? {} : { hint }) })
  }
  if (piece === '') return fail('empty range')
  const [, first, last = first, step = '1'] = rangeShape.exec(piece) ?? []
  if (first === undefined || last === undefined) return fail(`'${piece}' is not a range`, rangeHint(piece))
  if (Math.max(first.length, last.length, step.length) > maxDigits)
    return fail(`a number of '${piece}' has more than ${maxDigits} digits`)
  const padded = [first, last].some(bound => bound.length > 1 && bound.startsWith('0'))
  if (padded && first.length !== last.length) return fail(`both ends of '${piece}' need the same number of digits`)
  const range = { from: Number(first), to: Number(last), step: Number(step), width: padded ? first.length : 0 }
  if (range.to < range.from) return fail(`the range '${piece}' ends before it begins`)
  if (range.step < 1) return fail(`the step of '${piece}' must be at least 1`)
  if (range.step > 1 && !piece.includes('-')) return fail(`a step needs a range, and '${piece}' is one number`)
  return range
}

function rangeHint(piece: string): string {
  const [, first, last, step] = /^(\d+)(?::|\.\.)(\d+)(?::(\d+))?$/.exec(piece) ?? []
  if (first === undefined) return 'write [1-50], [01-50], [0-100/5] or [1-4,7]'
  return `write [${first}-${last}${step === undefined ? '' : `/${step}`}]`
}
