import { rcodes } from '../../../net/dns/message.ts'
import { questionName } from '../../../net/dns/question.ts'
import { recordTypes } from '../../../net/dns/record-type.ts'
import { addressShape } from './address-shape.ts'
import { tlsSettings } from './client-shape.ts'
import { list, record, type ValueOf } from './field.ts'
import { choice, flag, pattern, text } from './scalar-fields.ts'
import { sourceAddress } from './source-address.ts'

/** Types that have a name (IANA, DNS parameters) and none in our own dialect, which asks for them by number. */
const furtherTypes: Readonly<Record<string, number>> = {
  MD: 3,
  MF: 4,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  MINFO: 14,
  X25: 19,
  ISDN: 20,
  RT: 21,
  'NSAP-PTR': 23,
  PX: 26,
  GPOS: 27,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  ATMA: 34,
  IPSECKEY: 45,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  AVC: 258,
  AMTRELAY: 260,
  RESINFO: 261,
  TA: 32_768,
  DLV: 32_769,
}

/** `A` as it is, `EUI48` as `TYPE108`. */
export const askedType = (name: string): string => (furtherTypes[name] === undefined ? name : `TYPE${furtherTypes[name]}`)

const types = choice('ANY', ...recordTypes.filter(type => type !== 'ANY'), ...Object.keys(furtherTypes))
const classes = choice('IN', 'CH', 'CS', 'HS', 'ANY')
const codes = choice('NOERROR', ...rcodes.flatMap(code => (code === undefined || code === 'NOERROR' ? [] : [code])))

const validator = record('a validation of records', {
  fail_if_matches_regexp: list(pattern()),
  fail_if_all_match_regexp: list(pattern()),
  fail_if_not_matches_regexp: list(pattern()),
  fail_if_none_matches_regexp: list(pattern()),
})
export type RecordValidator = ValueOf<typeof validator>

/** What the prober `dns` asks, and what of the answer is good. */
export const dnsSettings = record(
  'a dns probe',
  {
    ...addressShape,
    dns_over_tls: flag(false),
    tls_config: tlsSettings,
    source_ip_address: sourceAddress(),
    transport_protocol: choice('udp', 'tcp'),
    query_class: classes,
    query_name: text(),
    query_type: types,
    recursion_desired: flag(true),
    valid_rcodes: list(codes),
    validate_answer_rrs: validator,
    validate_authority_rrs: validator,
    validate_additional_rrs: validator,
  },
  ({ query_name: name, dns_over_tls: tls, transport_protocol: transport }, node) => {
    if (name !== '' && questionName(name, 'A') === undefined)
      node.child('query_name').wrong(`query_name can not be asked for: ${JSON.stringify(name)}`)
    if (name === '') node.child('query_name').wrong('query_name is missing', { hint: 'say for which name to ask' })
    if (tls && transport !== 'tcp') node.child('dns_over_tls').wrong('dns_over_tls needs transport_protocol: tcp')
  },
)
export type DnsSettings = ValueOf<typeof dnsSettings>
