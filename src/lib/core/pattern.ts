import { RE2JS } from 're2js'
import { type BoundedPattern, boundedPattern } from './bounded-pattern.ts'
import { linearSource } from './linear-pattern.ts'
import { patternTree } from './pattern-tree.ts'

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
 * backtracks runs on that, and what else is known by one that counts its steps; both are many times faster than RE2 here, and mean the same.
 * @throws Error that says what is wrong
 */
export function parsePattern(text: string, { multiline = true }: PatternOptions = {}): Pattern {
  const compiled = RE2JS.compile(text, multiline ? RE2JS.MULTILINE : 0)
  const re2 = ofRe2(text, compiled)
  const tree = multiline ? undefined : patternTree(text)
  if (tree === undefined) return re2
  const linear = linearSource(tree)
  if (linear !== undefined) return { ...re2, ...ofEngine(new RegExp(linear, 'u'), compiled) }
  const bounded = boundedPattern(tree)
  return bounded === undefined ? re2 : { ...re2, ...ofBounded(bounded, { compiled, re2 }) }
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

function ofBounded(
  pattern: BoundedPattern,
  { compiled, re2 }: { readonly compiled: RE2JS; readonly re2: Pattern },
): Pick<Pattern, 'find' | 'captures' | 'values'> {
  const numbers = Object.entries(compiled.namedGroups())
  const first = compiled.groupCount() > 0 ? 1 : 0
  const part = (text: string, places: Int32Array, group: number): string | undefined => {
    const from = places[2 * group] ?? -1
    return from < 0 ? undefined : text.slice(from, places[2 * group + 1])
  }
  return {
    find(subject) {
      const found = pattern.find(subject)
      if (found === 'gave-up') return re2.find(subject)
      return found === 'nothing' ? undefined : (part(subject, found, first) ?? '')
    },
    captures(subject) {
      const found = pattern.find(subject)
      if (found === 'gave-up') return re2.captures(subject)
      if (found === 'nothing') return undefined
      return captured(
        Array.from({ length: found.length / 2 }, (_, group) => part(subject, found, group)),
        numbers,
      )
    },
    values(subject) {
      const found = pattern.find(subject)
      if (found === 'gave-up') return re2.values(subject)
      return found === 'nothing' ? undefined : numbers.map(([, group]) => part(subject, found, group))
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
