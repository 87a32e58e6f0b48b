import type { Json } from '../../core/json.ts'
import type { Observation } from '../observation.ts'

/** What an assertion can be about; parsed when it is first asked for. */
export class Answer {
  readonly #observation: Observation
  #json: { readonly value: Json } | { readonly error: string } | undefined
  #text: string | undefined

  constructor(observation: Observation) {
    this.#observation = observation
  }

  get text(): string {
    this.#text ??= new TextDecoder().decode(this.#observation.body?.bytes)
    return this.#text
  }

  /** @throws Error that says why the body is no JSON */
  get json(): Json {
    this.#json ??= parsedJson(this.text, this.#observation.body?.truncated ?? false)
    if ('error' in this.#json) throw new Error(this.#json.error)
    return this.#json.value
  }

  /** Values of a header that came several times are joined by commas, as RFC 9110, section 5.3, has it. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase()
    const found = this.#observation.http?.headers.filter(([key]) => key.toLowerCase() === wanted) ?? []
    return found.length === 0 ? undefined : found.map(([, value]) => value).join(', ')
  }

  /** Of an answer that is no JSON the body is its text. */
  get variables(): Record<string, unknown> {
    const { http, phases, totalMs, seen, body } = this.#observation
    const isJson = (): boolean => {
      try {
        return this.json !== undefined
      } catch {
        return false
      }
    }
    return {
      status: http?.status ?? 0,
      headers: Object.fromEntries((http?.headers ?? []).map(([name]) => [name.toLowerCase(), this.header(name)])),
      body: body === undefined ? '' : isJson() ? this.json : this.text,
      phases,
      total_ms: totalMs,
      seen: seen ?? {},
    }
  }

  seen(name: string): Json | undefined {
    return this.#observation.seen?.[name]
  }

  get status(): number | undefined {
    return this.#observation.http?.status
  }
}

/** Names for CEL. */
export const answerVariables = ['status', 'headers', 'body', 'phases', 'total_ms', 'seen'] as const

function parsedJson(text: string, truncated: boolean): { readonly value: Json } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    if (truncated) return { error: 'the body is longer than what is read, so it can not be parsed' }
    if (text.trim() === '') return { error: 'the body is empty, not JSON' }
    return { error: `the body is not JSON: ${error instanceof Error ? error.message : error}` }
  }
}
