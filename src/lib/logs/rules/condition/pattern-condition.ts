import { type Pattern, parsePattern } from '../../../core/pattern.ts'
import type { RecordLine } from '../line/record-line.ts'
import { RuleFault } from '../rule-fault.ts'
import type { Condition } from './condition.ts'

/** A field, or the whole line as JSON where the field is absent, in which a pattern of RE2 is found. @throws RuleFault */
export function matching(field: string, pattern: string): Condition {
  const parsed = patternOf(pattern)
  const literal = literalOf(pattern)
  return {
    text: `${field} matches /${pattern}/`,
    compile: fields => {
      const at = fields.of(field)
      const search = literal === undefined ? undefined : new LiteralSearch(literal)
      return line => {
        if (line.start(at) < 0 || search?.isMissing(line)) return false
        const text = line.text(at)
        return text !== undefined && parsed.find(text) !== undefined
      }
    },
  }
}

function patternOf(text: string): Pattern {
  try {
    return parsePattern(text)
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace('(?m)', '')
    throw new RuleFault(`/${text}/ is no regular expression: ${why}`, 'RE2 syntax, without look-around and back references')
  }
}

/**
 * A text that stands in everything the pattern fits, as JSON writes it too: most lines do not have it, and need no pattern then. Undefined
 * where none is easily told.
 */
export function literalOf(pattern: string): string | undefined {
  if (/[|\\?*{]|\(\?/.test(pattern)) return undefined
  const runs = pattern.replaceAll(/\[[^\]]*\]|\([^)]*\)/g, '\n').match(/[A-Za-z0-9 _:=.-]+/g) ?? []
  // A dot is any character; what is behind it or a plus goes on as it is.
  const longest = runs.flatMap(run => run.split('.')).reduce((a, b) => (b.length > a.length ? b : a), '')
  return longest.length >= leastLiteral && !/[[\]()]/.test(pattern.replaceAll(/\[[^\]]*\]|\([^)]*\)/g, '')) ? longest : undefined
}

const leastLiteral = 3

/** Whether lines have a text, found out for all lines of a chunk by as many searches as there are places. */
class LiteralSearch {
  readonly #literal: Uint8Array
  #chunk = -1
  /** The first place from where it was looked for. */
  #next = 0
  #lookedFrom = 0
  #isEscaped = false

  constructor(literal: string) {
    this.#literal = new Uint8Array(Buffer.from(literal))
  }

  isMissing({ bytes, chunk, from, to }: RecordLine): boolean {
    if (chunk !== this.#chunk || from < this.#lookedFrom) {
      this.#chunk = chunk
      // Letters may be written as escapes: then nothing is known of the chunk.
      this.#isEscaped = bufferOf(bytes).includes('\\u00')
      this.#look(bytes, from)
    }
    if (this.#isEscaped) return false
    if (this.#next < from) this.#look(bytes, from)
    return this.#next >= to
  }

  #look(bytes: Uint8Array, from: number): void {
    this.#lookedFrom = from
    const at = bufferOf(bytes).indexOf(this.#literal, from)
    this.#next = at < 0 ? Number.POSITIVE_INFINITY : at
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
