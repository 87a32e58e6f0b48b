/** Digits in order and without repeats as ranges: `1-9,01-10`. A padded number joins only numbers of its own width. */
export function foldNumbers(digits: readonly string[]): string {
  const sorted = sortNumbers(digits)
  const ranges: string[] = []
  let first = sorted[0] ?? ''
  let last = first
  for (const next of sorted.slice(1)) {
    if (!follows(last, next, first)) {
      ranges.push(rangeText(first, last))
      first = next
    }
    last = next
  }
  if (first !== '') ranges.push(rangeText(first, last))
  return ranges.join(',')
}

/** By number of digits, then by value, as ClusterShell orders mixed padding. */
export const sortNumbers = (digits: readonly string[]): string[] =>
  [...new Set(digits)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))

const isPadded = (digits: string): boolean => digits.length > 1 && digits.startsWith('0')
const rangeText = (first: string, last: string): string => (first === last ? first : `${first}-${last}`)

function follows(last: string, next: string, first: string): boolean {
  if (isPadded(first) ? next.length !== first.length : isPadded(next)) return false
  return Number(next) === Number(last) + 1
}
