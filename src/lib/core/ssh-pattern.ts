/** True when the whole text fits an OpenSSH pattern: `*` is any run of characters, `?` is any one; nothing else is special. */
export function matchPattern(text: string, pattern: string): boolean {
  let at = 0
  let next = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    const expected = pattern[next]
    if (expected === '*') {
      star = next++
      resume = at
    } else if (expected === '?' || expected === text[at]) {
      at++
      next++
    } else if (star !== -1) {
      next = star + 1
      at = ++resume
    } else {
      return false
    }
  }
  while (pattern[next] === '*') next++
  return next === pattern.length
}

/** What a pattern list says of a text; a negated pattern that fits overrules every other. */
export type PatternListResult = 'match' | 'none' | 'negated'

/** A comma-separated list of patterns, each possibly negated by `!`, as OpenSSH's match_pattern_list() reads it. */
export function matchPatternList(text: string, list: string): PatternListResult {
  let result: PatternListResult = 'none'
  for (const part of list.split(',')) {
    const negated = part.startsWith('!')
    if (!matchPattern(text, negated ? part.slice(1) : part)) continue
    if (negated) return 'negated'
    result = 'match'
  }
  return result
}

/** The same for host names, where case does not count. */
export const matchHostList = (host: string, list: string): PatternListResult =>
  matchPatternList(host.toLowerCase(), list.toLowerCase())

/** True for a plain name that stands for itself: no wildcard and no negation. */
export const isPlainName = (pattern: string): boolean => !/[*?!]/.test(pattern)
