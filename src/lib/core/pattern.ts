import { RE2JS } from 're2js'
import { linearSource } from './linear-pattern.ts'

/** A regular expression that takes time in proportion to the text, whatever the text is: it comes from a server that may be hostile. */
export interface Pattern {
  readonly text: string
  /** Of its groups that have one. */
  readonly names: readonly string[]
  /** How many groups it has, named or not. */
  readonly groups: number
  /** The first group of the first place that fits, the whole place where there is no group; undefined where nothing fits. */
  find(text: string): string | undefined
  /** What is found at the first place that fits: the whole of it as `0`, groups by number and name; those that took no part are absent. */
  captures(text: string): ReadonlyMap<string, string> | undefined
  /** What the groups with names took at the first place that fits, in the order of `names`: of those that took no part nothing. */
  values(text: string): readonly (string | undefined)[] | undefined
  /** With something else for the whole of every place that fits. */
  replaceAll(text: string, replace: (found: string) => string): string
}

interface PatternOptions {
  /** Whether `^` and `$` are also the ends of every line. */
  readonly multiline?: boolean
}

/**
 * RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-around, no back references. What is proved to be linear on an engine that
 * backtracks runs on that, which is many times faster, and means the same. @throws Error that says what is wrong
 */
export function parsePattern(text: string, { multiline = true }: PatternOptions = {}): Pattern {
  const compiled = RE2JS.compile(text, multiline ? RE2JS.MULTILINE : 0)
  const linear = multiline ? undefined : linearSource(text)
  return linear === undefined
    ? ofRe2(text, compiled)
    : { ...ofRe2(text, compiled), ...ofEngine(new RegExp(linear, 'u'), compiled) }
}

function ofRe2(text: string, compiled: RE2JS): Pattern {
  const numbers = Object.entries(compiled.namedGroups())
  const groups = compiled.groupCount()
  return {
    text,
    names: numbers.map(([name]) => name),
    groups,
    find(subject) {
      const matcher = compiled.matcher(subject)
      if (!matcher.find()) return undefined
      return (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group()) ?? ''
    },
    captures(subject) {
      const matcher = compiled.matcher(subject)
      if (!matcher.find()) return undefined
      const all = Array.from({ length: groups + 1 }, (_, group): string | null => matcher.group(group))
      return captured(all, numbers)
    },
    values(subject) {
      const matcher = compiled.matcher(subject)
      if (!matcher.find()) return undefined
      return numbers.map(([, group]) => {
        const value: string | null = matcher.group(group)
        return value ?? undefined
      })
    },
    replaceAll(subject, replace) {
      const matcher = compiled.matcher(subject)
      let told = ''
      let from = 0
      while (matcher.find()) {
        told += subject.slice(from, matcher.start()) + replace(matcher.group() ?? '')
        from = matcher.end()
      }
      return told + subject.slice(from)
    },
  }
}

/** `pattern` begins with `^`: it fits at one place at most. */
function ofEngine(pattern: RegExp, compiled: RE2JS): Pick<Pattern, 'find' | 'captures' | 'values'> {
  const numbers = Object.entries(compiled.namedGroups())
  const places = numbers.map(([, group]) => group)
  const first = compiled.groupCount() > 0 ? 1 : 0
  return {
    find(subject) {
      const found = pattern.exec(subject)
      return found === null ? undefined : (found[first] ?? '')
    },
    captures(subject) {
      const found = pattern.exec(subject)
      return found === null ? undefined : captured(found, numbers)
    },
    values(subject) {
      const found = pattern.exec(subject)
      return found === null ? undefined : places.map(group => found[group])
    },
  }
}

/** By number and name. */
function captured(
  groups: readonly (string | null | undefined)[],
  numbers: readonly (readonly [name: string, group: number])[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const keep = (key: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined) found.set(key, value)
  }
  for (const [group, value] of groups.entries()) keep(String(group), value)
  for (const [name, group] of numbers) keep(name, groups[group])
  return found
}
