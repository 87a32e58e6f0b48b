import { readFile } from 'node:fs/promises'
import type { CheckPlace } from '../../core/check.ts'
import { dialerOf } from '../../net/dial.ts'
import { type AskDns, askDns, type DnsAnswer } from '../../net/dns/ask.ts'
import type { DnsMessage } from '../../net/dns/message.ts'
import type { NamedServer } from '../../net/dns/named-server.ts'
import { questionName } from '../../net/dns/question.ts'
import type { DnsRecord } from '../../net/dns/record.ts'
import { resolversOf } from '../../net/dns/resolv-conf.ts'
import { NetError } from '../../net/net-error.ts'
import { Progress } from '../../net/progress.ts'
import { Deadline } from '../../run/deadline.ts'
import { failureOf } from '../failure-of.ts'
import type { Observation } from '../observation.ts'
import { readTlsTerms } from '../tls-params.ts'
import { tlsTools } from '../tls-tools.ts'
import type { DnsParams } from './dns-params.ts'

/** A server is silent for so long before the next one is asked, milliseconds. */
const nextServerMs = 1000
const resolvConf = '/etc/resolv.conf'

/** One question to a name server, or to the next where one does not answer. */
export async function lookAtDns(place: CheckPlace, params: DnsParams): Promise<Observation> {
  const { clock, trace } = place
  const { endpoint, type } = params
  const progress = new Progress(trace)
  const start = clock.monotonic()
  const question = { name: questionName(endpoint.name, type) ?? endpoint.name, type, class: params.class }
  const seen = () => ({
    endpoint: endpoint.text,
    phases: progress.phases,
    totalMs: clock.monotonic() - start - progress.queuedMs,
    ...(progress.address !== undefined && { address: progress.address }),
    ...(progress.tls && { tls: progress.tls }),
  })
  try {
    const secured = params.transport === 'tls' ? await readTlsTerms(place, params) : undefined
    const servers = await serversOf(place, params)
    trace?.(`ask      ${question.name || '.'} ${question.class} ${type}`)
    const answer = await firstAnswer(place, { params, servers, ask: asking(place, { params, progress, secured, question }) })
    const { message } = answer
    trace?.(`answer   ${message.rcode}, ${message.answers.length} answers`)
    const note = answer.transport === params.transport ? {} : { note: `over ${answer.transport.toUpperCase()}` }
    return { ...seen(), ...note, dns: { question, message }, seen: told(answer) }
  } catch (error) {
    const failure = failureOf(error, progress)
    // Nothing was ever heard of the address, where there was no connection.
    const silent = failure.reason === 'timeout' && failure.phase === 'wait' && progress.phases.connect === undefined
    return { ...seen(), failure: silent ? { ...failure, reason: 'no-answer' } : failure }
  }
}

interface Asking {
  readonly params: DnsParams
  readonly progress: Progress
  readonly secured: AskDns['secured'] | undefined
  readonly question: { readonly name: string; readonly type: string; readonly class: string }
}

type Ask = (server: NamedServer, signal: AbortSignal) => Promise<DnsAnswer>

const families = { any: 0, ipv4: 4, ipv6: 6 } as const

function asking(place: CheckPlace, { params, progress, secured, question }: Asking): Ask {
  const { recursion_desired: recursionDesired, dnssec, address_family: family, server_name: name, insecure } = params
  // A host makes connections for us, and sends no datagrams.
  const transport = dialerOf(place).from === 'host' && params.transport === 'udp' ? 'tcp' : params.transport
  const tls = secured && { secured: { ...secured, insecure, ...(name !== undefined && { serverName: name }) } }
  return ({ host, port = transport === 'tls' ? 853 : 53 }, signal) =>
    askDns(
      { host, port },
      { ...question, recursionDesired, dnssec },
      {
        transport,
        dialer: dialerOf(place),
        family: families[family],
        clock: place.clock,
        signal,
        progress,
        tls: tlsTools(place),
        ...tls,
      },
    )
}

interface Servers {
  readonly params: DnsParams
  readonly servers: readonly NamedServer[]
  readonly ask: Ask
}

/** The answer of the first server that gives one. @throws the error of the last */
async function firstAnswer({ clock, signal, trace }: CheckPlace, { servers, ask }: Servers): Promise<DnsAnswer> {
  const [last, ...others] = servers.toReversed()
  if (!last) throw new NetError('dns', 'there is no server to ask', { phase: 'resolve' })
  for (const server of others.toReversed()) {
    using deadline = new Deadline(clock, { ms: nextServerMs, signal, reason: silent })
    try {
      return await ask(server, deadline.signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof NetError)) throw error
      trace?.(`failed   ${server.host}: ${error.message}`)
    }
  }
  return ask(last, signal)
}

const silent = (): NetError => new NetError('no-answer', `no answer within ${nextServerMs} ms`, { phase: 'wait' })

/** Those that are named, or those of the system from which is asked. */
async function serversOf(
  { transport, signal, from }: CheckPlace,
  { endpoint, server }: DnsParams,
): Promise<readonly NamedServer[]> {
  if (endpoint.server) return [endpoint.server]
  if (server) return [server].flat()
  const isHost = from === 'host' && transport.host.via !== 'local'
  const text = isHost ? Buffer.from(await transport.get(resolvConf, { signal })).toString() : await ownResolvers()
  return resolversOf(text).map(host => ({ host }))
}

/** A system without the file asks itself, as resolv.conf(5) says. */
const ownResolvers = (): Promise<string> => readFile(resolvConf, 'utf8').catch(() => '')

/** For assertions, and for people. */
function told({ message, transport }: DnsAnswer) {
  return {
    rcode: message.rcode,
    answers: message.answers.map(recordData),
    authority: message.authority.map(recordData),
    additional: message.additional.map(recordData),
    ...flags(message),
    transport,
  }
}

const flags = ({ authoritative, recursionAvailable, authenticData }: DnsMessage) => ({
  authoritative,
  recursion_available: recursionAvailable,
  authentic_data: authenticData,
})

const recordData = ({ name, ttl, class: kind, type, data, value }: DnsRecord) => ({ name, ttl, class: kind, type, data, value })
