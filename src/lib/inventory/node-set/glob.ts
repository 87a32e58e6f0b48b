/** True for a word with `*` or `?`: a pattern over known names and not a name. */
export const isGlob = (word: string): boolean => word.includes('*') || word.includes('?')

/** Whether the whole name fits a pattern of `*` (any run) and `?` (one character). Linear in practice: only the last `*` is retried. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let star = -1
  let resume = 0
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
