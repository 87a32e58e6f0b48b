import { type Answer, answer, encode, RECURSION_DESIRED, type RecordClass, type RecordType } from 'dns-packet'
import { NetError } from '../net-error.ts'
import { type MessageShape, messageShape, TooManyRecords } from './message-shape.ts'
import type { DnsQuestion } from './question.ts'
import { type DnsRecord, dnsRecord } from './record.ts'
import { libraryType } from './record-type.ts'

/** More than any set of records has that a name server gives out in one answer. */
const maxRecords = 1000
/** What is told to a server that we take in one datagram, so that none is fragmented (DNS flag day 2020). */
const datagramBytes = 1232

export interface DnsQuery extends DnsQuestion {
  readonly recursionDesired: boolean
  /** Ask for the signatures too (RFC 3225). */
  readonly dnssec?: boolean
}

export interface DnsMessage {
  /** `NOERROR`, `NXDOMAIN`, `RCODE23`. */
  readonly rcode: string
  readonly rcodeNumber: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionAvailable: boolean
  /** The resolver says that it has verified the signatures. */
  readonly authenticData: boolean
  readonly answers: readonly DnsRecord[]
  readonly authority: readonly DnsRecord[]
  /** Without the record that carries the extensions of the protocol (RFC 6891). */
  readonly additional: readonly DnsRecord[]
}

export function encodeQuery(query: DnsQuery, id: number): Buffer {
  // Its types know fewer types of records than it does.
  const type = libraryType(query.type) as RecordType
  const extensions: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: datagramBytes,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 1 << 15,
    flag_do: true,
    options: [],
  }
  return encode({
    type: 'query',
    id,
    flags: query.recursionDesired ? RECURSION_DESIRED : 0,
    questions: [{ name: query.name === '' ? '.' : query.name, type, class: query.class as RecordClass }],
    additionals: query.dnssec ? [extensions] : [],
  })
}

/**
 * The answer to a query; undefined when it is an answer to something else: another id, another question, or no answer at all.
 * @throws NetError `protocol` for one that can not be read, `too-large`
 */
export function readAnswer(bytes: Buffer, query: Buffer): DnsMessage | undefined {
  if (bytes.length < 12 || bytes.readUInt16BE(0) !== query.readUInt16BE(0)) return undefined
  const flags = bytes.readUInt16BE(2)
  if ((flags & 0x8000) === 0) return undefined
  try {
    const shape = messageShape(bytes, maxRecords)
    return isAnswerTo(bytes, { shape, query }) ? decoded(bytes, shape) : undefined
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const reason = cause instanceof TooManyRecords ? 'too-large' : 'protocol'
    throw new NetError(reason, `the answer can not be read: ${message}`, { phase: 'wait', cause })
  }
}

/** A server that refuses may leave the question out. */
function isAnswerTo(bytes: Buffer, { shape, query }: { readonly shape: MessageShape; readonly query: Buffer }): boolean {
  const { question } = shape
  if (question === undefined)
    return ((bytes[3] ?? 0) & 15) !== 0 && shape.sections.every((records, index) => index === 2 || records.length === 0)
  const asked = messageShape(query, 1).question
  if (asked === undefined) return false
  const name = (from: Buffer, { start, end }: NonNullable<MessageShape['question']>): string =>
    from.toString('latin1', start, end - 4).toLowerCase()
  const kind = (from: Buffer, { end }: NonNullable<MessageShape['question']>): Buffer => from.subarray(end - 4, end)
  return name(bytes, question) === name(query, asked) && kind(bytes, question).equals(kind(query, asked))
}

function decoded(bytes: Buffer, { sections }: MessageShape): DnsMessage {
  const [answers = [], authority = [], all = []] = sections.map(records => records.map(range => decodedRecord(bytes, range)))
  const extensions = all.find(record => record.type === 'OPT')
  const flags = bytes.readUInt16BE(2)
  const extended = extensions?.type === 'OPT' ? extensions.extendedRcode : 0
  const rcodeNumber = (extended << 4) | (flags & 15)
  return {
    rcode: rcodes[rcodeNumber] ?? `RCODE${rcodeNumber}`,
    rcodeNumber,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    answers: answers.map(dnsRecord),
    authority: authority.map(dnsRecord),
    additional: all.filter(record => record.type !== 'OPT').map(dnsRecord),
  }
}

function decodedRecord(bytes: Buffer, { start, end }: { readonly start: number; readonly end: number }): Answer {
  // Cut off at its end, so that nothing is read from beyond it.
  const record = answer.decode(bytes.subarray(0, end), start)
  if (answer.decode.bytes !== end - start) throw new Error(`the data of a record is not that of its type ${record.type}`)
  return record
}

/** By number (IANA, DNS RCODEs). */
export const rcodes: readonly (string | undefined)[] = Object.assign(
  'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI'.split(' '),
  { 16: 'BADVERS', 17: 'BADKEY', 18: 'BADTIME', 19: 'BADMODE', 20: 'BADNAME', 21: 'BADALG', 22: 'BADTRUNC', 23: 'BADCOOKIE' },
)
