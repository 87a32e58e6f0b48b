import { StepError } from '../../core/plan.ts'
import { type Sudo, type Transport, TransportError } from '../../core/transport.ts'
import { lastWords, scriptCommand } from '../../transport/host-script.ts'
import type { KeptResults } from './kept-results.ts'
import { oscapScript } from './oscap-script.ts'
import { XccdfError, XccdfReader, type XccdfResult } from './xccdf-results.ts'

export interface OscapRequest {
  /** Full or short: `standard`. */
  readonly profile: string
  /** All rules of the profile when empty. */
  readonly rules: readonly string[]
  /** A data stream to send; the host's own when absent. */
  readonly content?: Uint8Array
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly sudo?: Sudo
  /** Is handed the results as they are. */
  readonly kept?: KeptResults
}

/** Results of real contents have some 20 MB. */
const maxBytes = 1024 ** 3

const prefix = 'xccdf_org.ssgproject.content_'
const fullName = (kind: 'profile' | 'rule', name: string): string =>
  name.startsWith('xccdf_') ? name : `${prefix}${kind}_${name}`
export const shortRule = (name: string): string => name.replace(`${prefix}rule_`, '')

/**
 * Runs oscap on a host and reads its results as they arrive. The status alone says little: 0 is also "nothing applied", and a scan that
 * was ended leaves no results.
 * @throws StepError when there is no result; TransportError
 */
export async function runOscap(transport: Transport, request: OscapRequest): Promise<XccdfResult[]> {
  const { profile, rules, content, signal, timeoutMs, sudo, kept } = request
  const args = [fullName('profile', profile), content ? 'sent' : '', ...rules.map(rule => fullName('rule', rule))]
  const results = new ResultStream(kept)
  const errors: Uint8Array[] = []
  const output = await transport.run(scriptCommand(oscapScript, args), {
    signal,
    timeoutMs,
    maxOutputBytes: maxBytes,
    ...(sudo && { sudo }),
    ...(content && { stdin: content }),
    sink: ({ stream, bytes }) => {
      if (stream === 'stdout') return results.write(bytes)
      errors.splice(0, Math.max(0, errors.length - 100), bytes)
      return undefined
    },
  })
  if (output.ended) throw new TransportError(output.ended, `could not run oscap: ${output.message || output.ended}`)
  const said = lastWords({ stderr: Buffer.concat(errors) }, 2)
  const status = results.status ?? output.code
  if (status !== 0 && status !== 2) throw new StepError(`oscap ended with ${statusWords(status)}${said && `: ${said}`}`)
  try {
    return results.end()
  } catch (error) {
    if (error instanceof XccdfError) throw new StepError(`oscap left no whole result: ${error.message}${said && `: ${said}`}`)
    throw error
  }
}

/** What a shell says of a program that a signal ended. */
const statusWords = (status: number | null): string =>
  status === null ? 'no status' : status > 128 ? `signal ${status - 128}` : `status ${status}`

const mark = Buffer.from('\0opsctl\0')

/** The output of the script: what a login shell says, the mark, the status, a NUL, and the results. */
class ResultStream {
  status: number | undefined
  readonly #reader = new XccdfReader()
  #head = Buffer.alloc(0)
  readonly #kept: KeptResults | undefined

  constructor(kept: KeptResults | undefined) {
    this.#kept = kept
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.status !== undefined) return this.#read(bytes)
    this.#head = Buffer.concat([this.#head, bytes])
    const at = this.#head.indexOf(mark)
    const end = at === -1 ? -1 : this.#head.indexOf(0, at + mark.length)
    if (end === -1) return undefined
    this.status = Number(this.#head.toString('latin1', at + mark.length, end))
    return this.#read(this.#head.subarray(end + 1))
  }

  #read(bytes: Uint8Array): Promise<void> | undefined {
    this.#reader.write(bytes)
    return this.#kept?.write(bytes)?.then(() => undefined)
  }

  end(): XccdfResult[] {
    return this.#reader.end()
  }
}
