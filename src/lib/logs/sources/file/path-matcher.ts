import { basename, resolve } from 'node:path'
import { componentMatcher } from '../../../core/glob.ts'

type Matches = (parts: readonly string[], at: number) => boolean

/** Whether an absolute path fits any of some patterns; a pattern without a slash is of its last component, `**` is any components. */
export function pathMatcher(patterns: readonly string[], cwd: string): (path: string) => boolean {
  const matchers = patterns.map(pattern => {
    if (!pattern.includes('/')) {
      const fits = componentMatcher(pattern)
      return (path: string) => fits(basename(path))
    }
    const fits = partsMatcher(resolve(cwd, pattern).split('/').slice(1))
    return (path: string) => fits(path.split('/').slice(1), 0)
  })
  return path => matchers.some(fits => fits(path))
}

function partsMatcher([first, ...others]: readonly string[]): Matches {
  if (first === undefined) return (parts, at) => at === parts.length
  const rest = partsMatcher(others)
  if (first === '**')
    return (parts, at) => parts.some((_, index) => index >= at && rest(parts, index)) || rest(parts, parts.length)
  const fits = componentMatcher(first)
  return (parts, at) => at < parts.length && fits(parts[at] ?? '') && rest(parts, at + 1)
}
