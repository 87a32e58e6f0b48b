import type { CheckJudgement, CheckPlace, CheckResult } from '../../core/check.ts'
import type { Context } from '../../core/context.ts'
import type { Json } from '../../core/json.ts'
import { Semaphore } from '../../run/semaphore.ts'
import type { LearnedHost } from './learn-host.ts'
import type { Learned } from './lesson.ts'

/** Ports of a host at a time. */
const atOnce = 4
/** Of one look. */
const timeout = '3s'

const title = 'What speaks TLS or HTTP'

/**
 * Asks every port that was learned whether it speaks TLS, then HTTP, from the host itself, and adds a check for those that do. Nothing but
 * the start of a handshake and `GET /` is sent.
 */
export async function tryPorts(
  context: Pick<Context, 'component'>,
  place: CheckPlace,
  { checks, leftOut }: LearnedHost,
): Promise<LearnedHost> {
  const slots = new Semaphore(atOnce)
  const told = await Promise.all(
    checks.map(async ({ reach, why }) => {
      if (reach === undefined) return { checks: [], leftOut: [] }
      using _ = await slots.acquire(1, place.signal)
      return new PortTrial(context, place, { reach, why }).told()
    }),
  )
  return {
    checks: [...checks, ...told.flatMap(each => each.checks.map(check => ({ ...check, title })))],
    leftOut: [...new Set([...leftOut, ...told.flatMap(each => each.leftOut)])],
  }
}

type Params = Readonly<Record<string, Json>>

interface Told {
  readonly checks: readonly Learned[]
  readonly leftOut: readonly string[]
}

/** What a first handshake showed. */
interface Certificate {
  readonly name?: string
  readonly accepted: boolean
  readonly message: string
}

class PortTrial {
  readonly #context: Pick<Context, 'component'>
  readonly #place: CheckPlace
  readonly #at: string
  readonly #why: string

  constructor(
    context: Pick<Context, 'component'>,
    place: CheckPlace,
    { reach: { address, port }, why }: Pick<Learned, 'why'> & { readonly reach: NonNullable<Learned['reach']> },
  ) {
    this.#context = context
    this.#place = place
    this.#at = `${address.includes(':') ? `[${address}]` : address}:${port}`
    this.#why = why
  }

  async told(): Promise<Told> {
    const endpoint = `tls://${this.#at}`
    const first = await this.#look('tls', { endpoint })
    if (isForbidden(first)) return { checks: [], leftOut: [`what speaks TLS or HTTP: ${first.message}`] }
    const certificate = await this.#certificate(endpoint, first)
    const trials = certificate ? [this.#tls(endpoint, certificate), this.#http('https', certificate)] : [this.#http('http')]
    const told = await Promise.all(trials)
    return { checks: told.flatMap(each => each.checks), leftOut: told.flatMap(each => each.leftOut) }
  }

  /** Undefined where nobody speaks TLS. Asked for one of its own names, it may well be a good certificate. */
  async #certificate(endpoint: string, first: CheckResult): Promise<Certificate | undefined> {
    const names = namesIn(first)
    if (names === undefined) return undefined
    const judged = dimensionOf(first, 'certificate')
    const name = names.find(each => /^[a-z0-9.-]*[a-z][a-z0-9.-]*$/i.test(each))
    if (judged?.verdict === 'pass' || name === undefined)
      return { accepted: judged?.verdict === 'pass', message: judged?.message ?? '' }
    const named = dimensionOf(await this.#look('tls', { endpoint, server_name: name }), 'certificate')
    return { name, accepted: named?.verdict === 'pass', message: named?.message ?? '' }
  }

  #tls(endpoint: string, { name, accepted, message }: Certificate): Promise<Told> {
    const dimensions = accepted ? {} : { dimensions: [{ type: 'cert_expiry' }, { type: 'reachability' }] }
    const params = { endpoint, ...(name !== undefined && { server_name: name }), ...dimensions }
    return this.#tried({ type: 'tls', params, why: accepted ? this.#why : `${this.#why}; only its end is judged: ${message}` })
  }

  async #http(scheme: 'http' | 'https', certificate?: Certificate): Promise<Told> {
    const endpoint = `${scheme}://${this.#at}/`
    const tls = certificate && {
      ...(certificate.name !== undefined && { server_name: certificate.name }),
      ...(!certificate.accepted && { insecure: true }),
    }
    const seen = await this.#look('http', {
      endpoint,
      redirects: 0,
      ...tls,
      dimensions: [{ type: 'http_status', expect: '5xx' }],
    })
    const status = dimensionOf(seen, 'http_status')?.metrics?.['status_code']
    if (status === undefined) return { checks: [], leftOut: [] }
    if (status >= 500) return { checks: [], leftOut: [`${endpoint}: status ${status}`] }
    const slow = Math.max(1000, Math.ceil((seen.metrics?.['total_seconds'] ?? 0) * 10) * 1000)
    const dimensions = [
      { type: 'http_status', expect: status },
      { type: 'latency', threshold_ms: slow },
    ]
    return this.#tried({ type: 'http', params: { endpoint, redirects: 0, ...tls, dimensions }, why: this.#why })
  }

  /** Made once before it is written. */
  async #tried({ type, params, why }: Pick<Learned, 'type' | 'why'> & { readonly params: Params }): Promise<Told> {
    const result = await this.#look(type, params)
    const name = String(params['endpoint'])
    if (result.verdict !== 'pass' && result.verdict !== 'warn') return { checks: [], leftOut: [`${name}: ${result.message}`] }
    const from = this.#place.from === 'host' ? { from: 'host' as const } : {}
    return { checks: [{ type, params, why: `${why}; tried on the host itself`, ...from }], leftOut: [] }
  }

  async #look(type: string, params: Params): Promise<CheckResult> {
    const component = await this.#context.component('check', type)
    return component.build({ ...params, ...(type === 'tls' && { ocsp: 'ignore' }), timeout }).run(this.#place)
  }
}

const dimensionOf = ({ judgements = [] }: CheckResult, type: string): CheckJudgement | undefined =>
  judgements.find(({ dimension }) => dimension === type)

/** Names of the certificate that a server showed; undefined when it showed none. */
function namesIn(result: CheckResult): readonly string[] | undefined {
  const chain = dimensionOf(result, 'certificate')?.data?.['chain']
  if (!Array.isArray(chain)) return undefined
  const [own]: readonly Json[] = chain
  const names = typeof own === 'object' && own !== null && 'names' in own ? own.names : []
  return Array.isArray(names) ? names.filter(name => typeof name === 'string') : []
}

/** The server of SSH opens no connections for others. */
const isForbidden = ({ verdict, reason, message }: CheckResult): boolean =>
  verdict === 'unknown' || (reason === 'error' && /forward|prohibited|offers no connections/.test(message))
