import type { z } from 'zod'
import { BackendError, type BackendTools } from '../../../core/backend.ts'
import { errnoOf } from '../../../core/errno.ts'
import type { Json } from '../../../core/json.ts'
import { HttpAnswerError, type HttpTls, type JsonAnswer, postJson, streamJson } from '../../../net/http-json.ts'
import { withDeadline } from '../../../run/deadline.ts'
import { AuthAnswer, ErrorAnswer, RangeAnswer, WatchAnswer, type WatchMessage } from './messages.ts'

export interface GatewayParts {
  readonly endpoints: readonly string[]
  readonly login?: { readonly user: string; readonly password: string }
  readonly tls?: HttpTls
  /** Of one question. */
  readonly timeoutMs: number
}

/** What a range is asked for. */
export interface RangeQuestion {
  readonly prefix: string
  /** Only keys that were changed at or after this revision, without their values, and one of them is enough. */
  readonly changedFrom?: bigint
  /** In place of the usual time limit. */
  readonly timeoutMs?: number
}

/** More in one answer is not configuration. */
const maxBytes = 128 * 1024 ** 2

/** grpc codes: invalid argument (a wrong password is told so), permission denied, unauthenticated. */
const refusals = [3, 7, 16]
const unauthenticated = 16

/** Several endpoints of one etcd, of which one at a time is asked. */
export class EtcdGateway {
  readonly #parts: GatewayParts
  readonly #tools: BackendTools
  #at = 0
  #token: string | undefined

  constructor(parts: GatewayParts, tools: BackendTools) {
    this.#parts = parts
    this.#tools = tools
  }

  /** The endpoint that is asked. */
  get endpoint(): string {
    const { endpoints } = this.#parts
    return endpoints[this.#at % endpoints.length] ?? ''
  }

  /** Asks another endpoint from now on. */
  failOver(): void {
    this.#at++
    // A token of a server that was restarted, or of another cluster, is worth nothing.
    this.#token = undefined
  }

  /** The same of every endpoint, until one answers. @throws BackendError with what each of them said */
  async ofAny<T>(ask: () => Promise<T>): Promise<T> {
    const trouble: BackendError[] = []
    for (const _ of this.#parts.endpoints) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof BackendError) || error.reason !== 'unreachable') throw error
        trouble.push(error)
        this.failOver()
      }
    }
    throw new BackendError('unreachable', trouble.map(({ message }) => message).join('; '), { cause: trouble.at(-1) })
  }

  /** Keys below a prefix, as the whole cluster knows them. @throws BackendError */
  range({ prefix, changedFrom, timeoutMs }: RangeQuestion): Promise<z.output<typeof RangeAnswer>> {
    const changed = changedFrom === undefined ? {} : { min_mod_revision: String(changedFrom), keys_only: true, limit: '1' }
    return this.#post('/v3/kv/range', { ...rangeOf(prefix), ...changed }, RangeAnswer, timeoutMs)
  }

  /** Everything that happens below a prefix from a revision on, as it happens. @throws BackendError, the signal's reason */
  async *watch({ prefix, from, signal }: { prefix: string; from: bigint; signal: AbortSignal }): AsyncGenerator<WatchMessage> {
    const body = { create_request: { ...rangeOf(prefix), start_revision: String(from) } }
    const headers = await this.#headers()
    const { endpoint } = this
    try {
      for await (const line of streamJson({ ...this.#request('/v3/watch', body), headers, signal })) {
        const failed = ErrorAnswer.safeParse(line)
        if (failed.success) throw this.#refused(failed.data)
        yield demand(WatchAnswer, line, endpoint).result
      }
    } catch (error) {
      signal.throwIfAborted()
      throw asBackendError(error, endpoint)
    }
    throw new BackendError('unreachable', `${endpoint} ended the watch`)
  }

  /** @throws BackendError */
  async #post<S extends z.ZodType>(path: string, body: Json, answer: S, timeoutMs?: number): Promise<z.output<S>> {
    const first = await this.#ask(path, body, { headers: await this.#headers(), timeoutMs })
    const expired = first.status !== 200 && this.#token !== undefined && errorOf(first).code === unauthenticated
    if (expired) this.#token = undefined
    const { status, body: answered } = expired
      ? await this.#ask(path, body, { headers: await this.#headers(), timeoutMs })
      : first
    if (status !== 200) throw this.#refused(errorOf({ status, body: answered }))
    return demand(answer, answered, this.endpoint)
  }

  /** With a token where there is a login: tokens of etcd last five minutes from their last use. */
  async #headers(): Promise<Record<string, string>> {
    const { login } = this.#parts
    if (!login) return {}
    if (this.#token === undefined) {
      const answer = await this.#ask('/v3/auth/authenticate', { name: login.user, password: login.password }, {})
      if (answer.status !== 200) throw this.#refused(errorOf(answer))
      this.#token = demand(AuthAnswer, answer.body, this.endpoint).token
    }
    return { authorization: this.#token }
  }

  async #ask(
    path: string,
    body: Json,
    { headers = {}, timeoutMs = this.#parts.timeoutMs }: { headers?: Record<string, string>; timeoutMs?: number | undefined },
  ): Promise<JsonAnswer> {
    const { endpoint } = this
    const { clock, signal } = this.#tools
    const reason = () => new BackendError('unreachable', `${endpoint} did not answer within ${timeoutMs / 1000} s`)
    try {
      return await withDeadline(clock, { ms: timeoutMs, signal, reason }, inTime =>
        postJson({ ...this.#request(path, body), headers, signal: inTime }),
      )
    } catch (error) {
      signal.throwIfAborted()
      throw asBackendError(error, endpoint)
    }
  }

  #request(path: string, body: Json) {
    const { tls } = this.#parts
    return { url: `${this.endpoint.replace(/\/$/, '')}${path}`, body, maxBytes, ...(tls && { tls }) }
  }

  #refused({ error, code }: z.output<typeof ErrorAnswer>): BackendError {
    return new BackendError(refusals.includes(code) ? 'refused' : 'unreachable', `${this.endpoint}: ${error}`)
  }
}

const errorOf = ({ status, body }: JsonAnswer): z.output<typeof ErrorAnswer> => {
  const parsed = ErrorAnswer.safeParse(body)
  return parsed.success ? parsed.data : { error: `status ${status}`, code: 0 }
}

function demand<S extends z.ZodType>(schema: S, answer: Json, endpoint: string): z.output<S> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new BackendError('unreachable', `${endpoint} answers something else than etcd does`, { cause: parsed.error })
}

/** What the network says becomes our words; everything else passes. */
function asBackendError(error: unknown, endpoint: string): unknown {
  if (error instanceof BackendError) return error
  const errno = errnoOf(error)
  if (errno === undefined && !(error instanceof HttpAnswerError)) return error
  const words = errno === 'ECONNREFUSED' || errno === 'ConnectionRefused' ? 'connection refused' : undefined
  const said = words ?? (error instanceof Error ? error.message : String(error))
  return new BackendError('unreachable', `${endpoint}: ${said}`, { cause: error })
}

/** All keys that begin with a prefix: up to the prefix whose last byte is one more; everything for an empty one. */
function rangeOf(prefix: string): { key: string; range_end: string } {
  const key = Buffer.from(prefix)
  const last = key.findLastIndex(byte => byte < 0xff)
  if (last === -1) return { key: Buffer.of(0).toString('base64'), range_end: Buffer.of(0).toString('base64') }
  const end = Buffer.from(key.subarray(0, last + 1))
  end[last] = (end[last] ?? 0) + 1
  return { key: key.toString('base64'), range_end: end.toString('base64') }
}
