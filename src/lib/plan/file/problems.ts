import type { YamlDocument } from '../../core/component.ts'
import { type ErrorCode, OpsError } from '../../core/errors.ts'

export type Keys = readonly (string | number)[]

/** One mistake in a file. */
export interface Problem {
  readonly line: number
  readonly column: number
  /** With `path:line:column` in front. */
  readonly message: string
  readonly hint?: string
}

export interface ProblemDetails {
  /** Which of the two at these keys is wrong; the value, where nothing else is said. */
  readonly part?: 'key' | 'value'
  readonly hint?: string | undefined
}

/** Most problems that one error lists: the first of them often causes the rest. */
const maxListed = 20

/** Collects everything that is wrong with a file, so that one reading tells all of it. */
export class Problems {
  readonly #document: YamlDocument
  readonly #path: string
  readonly #meant = new Set<string>()
  readonly #found = new Map<string, Problem>()

  constructor({ document, path }: { readonly document: YamlDocument; readonly path: string }) {
    this.#document = document
    this.#path = path
  }

  add(keys: Keys, problem: string, { part = 'value', hint }: ProblemDetails = {}): void {
    const { line, column } = this.#document.locate(keys, part)
    const message = `${this.placeOf(keys, part)}: ${printable(problem)}`
    if (!this.#found.has(message)) this.#found.set(message, { line, column, message, ...(hint !== undefined && { hint }) })
  }

  /** Notes that a wrong key was meant to be this one, which then is not missing as well. */
  mean(keys: Keys): void {
    this.#meant.add(JSON.stringify(keys))
  }

  isMeant(keys: Keys): boolean {
    return this.#meant.has(JSON.stringify(keys))
  }

  /** `path:line:column`. */
  placeOf(keys: Keys, part: 'key' | 'value' = 'value'): string {
    const { line, column } = this.#document.locate(keys, part)
    return `${this.#path}:${line}:${column}`
  }

  lineOf(keys: Keys): number {
    return this.#document.locate(keys).line
  }

  /** @throws OpsError of `code` when there are any: the message is the first in the file, `data.problems` has up to 20 */
  throwAny(code: ErrorCode = 'E_PLAN'): void {
    const sorted = [...this.#found.values()].sort((a, b) => a.line - b.line || a.column - b.column)
    const [first] = sorted
    if (!first) return
    const { line, column, message, hint } = first
    throw new OpsError(code, message, {
      ...(hint !== undefined && { hint }),
      data: {
        file: this.#path,
        line,
        column,
        problems: sorted.slice(0, maxListed),
        omitted: Math.max(0, sorted.length - maxListed),
      },
    })
  }
}

const maxLength = 500

/** A key of the file may hold anything, escape sequences included. */
function printable(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, '\uFFFD')
  return plain.length > maxLength ? `${plain.slice(0, maxLength)}…` : plain
}
