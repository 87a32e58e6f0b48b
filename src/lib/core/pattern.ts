import { RE2JS } from 're2js'

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
  /** With something else for the whole of every place that fits. */
  replaceAll(text: string, replace: (found: string) => string): string
}

interface PatternOptions {
  /** Whether `^` and `$` are also the ends of every line. */
  readonly multiline?: boolean
}

/** RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-around, no back references. @throws Error that says what is wrong */
export function parsePattern(text: string, { multiline = true }: PatternOptions = {}): Pattern {
  const compiled = RE2JS.compile(text, multiline ? RE2JS.MULTILINE : 0)
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
      const found = new Map<string, string>()
      const keep = (key: string, group: number): void => {
        const value: string | null = matcher.group(group)
        if (value !== null) found.set(key, value)
      }
      for (let group = 0; group <= groups; group++) keep(String(group), group)
      for (const [name, group] of numbers) keep(name, group)
      return found
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
