import { RE2JS } from 're2js'

/** A regular expression that takes time in proportion to the text, whatever the text is: it comes from a server that may be hostile. */
export interface Pattern {
  readonly text: string
  /** The first group of the first place that fits, the whole place where there is no group; undefined where nothing fits. */
  find(text: string): string | undefined
}

/** RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-around, no back references. @throws Error that says what is wrong */
export function parsePattern(text: string): Pattern {
  const compiled = RE2JS.compile(text, RE2JS.MULTILINE)
  return {
    text,
    find(subject) {
      const matcher = compiled.matcher(subject)
      if (!matcher.find()) return undefined
      return (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group()) ?? ''
    },
  }
}
