import type { ErrorCode, OpsError } from '../../core/errors.ts'
import type { ContentResponse, ResponseHeaders } from './server-response.ts'

/** Why a request is not done, in words for the client. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** What the client can do, in the imperative. */
  readonly hint: string | undefined
  readonly headers: ResponseHeaders

  constructor(status: number, message: string, details: { readonly hint?: string; readonly headers?: ResponseHeaders } = {}) {
    super(message)
    this.status = status
    this.hint = details.hint
    this.headers = details.headers ?? {}
  }
}

/** Of errors that are the caller's: what is not among them is ours. */
const statusOf: Partial<Readonly<Record<ErrorCode, number>>> = {
  E_USAGE: 400,
  E_NODE_SET: 400,
  E_CONFIRM: 400,
  E_NO_TARGETS: 404,
  E_LOCKED: 409,
  E_HALTED: 409,
  E_CONFIG: 422,
  E_INVENTORY: 422,
  E_PLAN: 422,
  E_STATE: 507,
}

/** The refusal that an error of a handler stands for; undefined where nobody but us can help. */
export function refusalOf(error: OpsError): Problem | undefined {
  const status = statusOf[error.code]
  if (status === undefined) return undefined
  const { message: detail, code, hint, data } = error
  const { line, column, problems } = data
  return {
    ...{ status, detail, code },
    ...(hint !== undefined && { hint }),
    ...(typeof line === 'number' && typeof column === 'number' && { line, column }),
    ...(Array.isArray(problems) && { problems }),
  }
}

interface Problem {
  readonly status: number
  readonly detail: string
  readonly hint?: string
  readonly code?: string
  /** Where the trouble is in what was sent, from 1. */
  readonly line?: number
  readonly column?: number
  /** All of it, where there is more: each with line, column, message and hint. */
  readonly problems?: readonly unknown[]
  /** By which the log names the same trouble. */
  readonly id?: string
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
}

/** Problem details (RFC 9457). */
export function problemResponse({ status, ...facts }: Problem, headers: ResponseHeaders = {}): ContentResponse {
  return {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: `${JSON.stringify({ type: 'about:blank', title: titles[status] ?? `Status ${status}`, status, ...facts })}\n`,
  }
}
