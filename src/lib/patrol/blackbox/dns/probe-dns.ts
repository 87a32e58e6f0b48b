import { askDns } from '../../../net/dns/ask.ts'
import { type DnsMessage, rcodes } from '../../../net/dns/message.ts'
import { questionName } from '../../../net/dns/question.ts'
import { askedType, type DnsSettings } from '../config/dns-shape.ts'
import { chooseAddress } from '../look/choose-address.ts'
import { type HostPort, splitHostPort } from '../look/host-port.ts'
import type { Look } from '../look/look.ts'
import { targetDialer } from '../look/target-dialer.ts'
import { tlsTerms } from '../look/tls-terms.ts'
import { judgeRecords } from './judge-records.ts'

const zeros = [
  'probe_dns_answer_rrs',
  'probe_dns_authority_rrs',
  'probe_dns_additional_rrs',
  'probe_dns_query_succeeded',
] as const

/** Asks a name server the question of the module. @throws NetError; TargetRefused; the signal's reason */
export async function probeDns(look: Look, target: string, settings: DnsSettings): Promise<boolean> {
  const { gauges, progress } = look
  for (const name of zeros) gauges.set(name, 0)
  for (const phase of ['resolve', 'connect', 'request']) gauges.set('probe_dns_duration_seconds', 0, { phase })
  const server: HostPort = splitHostPort(target) ?? {
    host: target.replace(/^\[(.*)\]$/, '$1'),
    port: settings.dns_over_tls ? 853 : 53,
  }
  const { address, seconds } = await chooseAddress(look, server.host, { settings, port: server.port })
  gauges.set('probe_dns_duration_seconds', seconds, { phase: 'resolve' })
  try {
    const message = await ask(look, { host: address, port: server.port, name: server.host }, settings)
    tell(look, message, settings)
    return judge(look, message, settings)
  } finally {
    const { connect = 0, tls = 0, wait = 0 } = progress.phases
    gauges.set('probe_dns_duration_seconds', (connect + tls) / 1000, { phase: 'connect' })
    gauges.set('probe_dns_duration_seconds', wait / 1000, { phase: 'request' })
  }
}

interface Server extends HostPort {
  /** That it was found by. */
  readonly name: string
}

async function ask(look: Look, { name: serverName, ...server }: Server, settings: DnsSettings): Promise<DnsMessage> {
  const { clock, tls } = look.tools
  const {
    query_name,
    query_type,
    query_class,
    recursion_desired: recursionDesired,
    source_ip_address: source,
    tls_config,
  } = settings
  const question = { name: questionName(query_name || '.', 'A') ?? '', type: askedType(query_type), class: query_class }
  look.tell('info', 'Making DNS query', {
    ip: server.host,
    port: server.port,
    query: query_name,
    type: query_type,
    class: query_class,
  })
  const secured = { ...(await tlsTerms(look, tls_config)), serverName: tls_config.server_name || serverName }
  const asked = askDns(
    server,
    { ...question, recursionDesired },
    {
      transport: settings.dns_over_tls ? 'tls' : settings.transport_protocol,
      dialer: targetDialer(look, source),
      takesTruncated: true,
      ...{ clock, tls, secured, signal: look.signal, progress: look.progress },
      ...(source !== '' && { source }),
    },
  )
  const { message } = await asked
  look.tell('info', 'Got response', { rcode: message.rcode, answers: message.answers.length })
  return message
}

function tell({ gauges }: Look, message: DnsMessage, { query_type: type }: DnsSettings): void {
  gauges.set('probe_dns_answer_rrs', message.answers.length)
  gauges.set('probe_dns_authority_rrs', message.authority.length)
  gauges.set('probe_dns_additional_rrs', message.additional.length)
  gauges.set('probe_dns_query_succeeded', 1)
  if (type !== 'SOA') return
  const soa = message.answers.findLast(record => record.type === 'SOA')
  gauges.set('probe_dns_serial', Number(soa?.data.split(' ')[2] ?? 0))
}

function judge(look: Look, message: DnsMessage, settings: DnsSettings): boolean {
  const { valid_rcodes: valid, validate_answer_rrs, validate_authority_rrs, validate_additional_rrs } = settings
  const { answers, authority, additional, rcode, rcodeNumber } = message
  const numbers = valid.length === 0 ? [0] : valid.map(code => rcodes.indexOf(code))
  if (!numbers.includes(rcodeNumber)) {
    return look.fail('status', 'Rcode is not one of the valid rcodes', { rcode, valid_rcodes: valid.join(' ') || 'NOERROR' })
  }
  return (
    judgeRecords(look, { section: 'answer', records: answers }, validate_answer_rrs) &&
    judgeRecords(look, { section: 'authority', records: authority }, validate_authority_rrs) &&
    judgeRecords(look, { section: 'additional', records: additional }, validate_additional_rrs)
  )
}
