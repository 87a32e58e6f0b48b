import type { Multiline } from '../../../core/log-source.ts'
import type { Pattern } from '../../../core/pattern.ts'

/** What a line does to the event before it. */
export interface LineJudge {
  /** It begins an event: the one before is at its end. */
  begins(line: Uint8Array): boolean
  /** It is the last of its event. */
  ends(line: Uint8Array): boolean
}

export function lineJudge(by: Multiline['by']): LineJudge {
  const never = (): boolean => false
  if (by.line === 'indented') return { begins: line => !isBlank(line[0]), ends: never }
  const fits = lineMatcher(by.pattern)
  switch (by.line) {
    case 'start':
      return { begins: fits, ends: never }
    case 'continue':
      return { begins: line => !fits(line), ends: never }
    case 'end':
      return { begins: never, ends: fits }
  }
}

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9

/** Whether a pattern fits a line. Patterns that are no more than a few characters at its beginning are looked for much faster. */
function lineMatcher(pattern: Pattern): (line: Uint8Array) => boolean {
  const quick = quickForm(pattern.text)
  const text = (line: Uint8Array, most: number): string =>
    Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, most)).toString('latin1')
  if (quick !== undefined) return line => quick.test(text(line, quickBytes))
  return line => pattern.find(Buffer.from(line.buffer, line.byteOffset, line.length).toString()) !== undefined
}

/** What a quick form can look at, at most. */
const quickBytes = 256

/** `^`, then ASCII characters, classes of them and `\d`, each once or a fixed number of times: no engine has to go back in these. */
const quickPattern =
  /^\^(?:(?:\\[dw]|\\[-./:[\](){}^$*+?|\\]|[-A-Za-z0-9 _,:;<>=!@#%&~"'/]|\[(?:\\d|[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _,.:;+])+\])(?:\{\d{1,2}\})?){1,32}$/

/** The pattern as one of the runtime, where it is so simple that both mean the same and that it is done in a few steps. */
function quickForm(pattern: string): RegExp | undefined {
  if (!quickPattern.test(pattern)) return undefined
  const counts = [...pattern.matchAll(/\{(\d+)\}/g)].reduce((sum, [, count]) => sum + Number(count), 0)
  return counts + pattern.length > quickBytes ? undefined : new RegExp(pattern)
}
