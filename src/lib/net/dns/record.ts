import type { Answer } from 'dns-packet'
import { typeName } from './record-type.ts'

/** A record of an answer. Nothing in it can disturb a terminal, whatever the server sent. */
export interface DnsRecord {
  /** With the dot at its end. */
  readonly name: string
  /** Seconds. */
  readonly ttl: number
  readonly class: string
  /** `A`, `TYPE65280`. */
  readonly type: string
  /** As it stands in a zone file: `10 mx1.example.com.`, `"v=spf1 -all"`. */
  readonly data: string
  /** As people speak of it: an address, a name without the last dot, the text of a TXT in one piece. */
  readonly value: string
}

/** A record in the words of a zone file (RFC 1035, section 5). @throws Error when its data is not of its type */
export function dnsRecord(record: Answer): DnsRecord {
  const { name, type } = record
  const ttl = 'ttl' in record ? (record.ttl ?? 0) : 0
  const data = dataText(record)
  const value = record.type === 'TXT' ? textOf(texts(record.data)) : data.replace(/\.(?= |$)/g, '')
  return {
    name: domain(name),
    ttl,
    class: ('class' in record ? record.class : undefined) ?? 'IN',
    type: typeName(type),
    data,
    value,
  }
}

/** As in a zone file; the fields are apart by tabs. */
export const recordText = ({ name, ttl, class: kind, type, data }: DnsRecord): string => [name, ttl, kind, type, data].join('\t')

function dataText(record: Answer): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.data
    case 'CNAME':
    case 'DNAME':
    case 'NS':
    case 'PTR':
      return domain(record.data)
    case 'MX':
      return `${record.data.preference ?? 0} ${domain(record.data.exchange)}`
    case 'TXT':
      return texts(record.data).map(quoted).join(' ')
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = record.data
      return `${priority} ${weight} ${port} ${domain(target)}`
    }
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record.data
      return [domain(mname), domain(rname), serial, refresh, retry, expire, minimum].join(' ')
    }
    case 'CAA': {
      const { flags = 0, tag, value } = record.data
      return `${flags} ${safe(tag)} ${quoted(Buffer.from(value))}`
    }
    case 'DS': {
      const { keyTag, algorithm, digestType, digest } = record.data
      return `${keyTag} ${algorithm} ${digestType} ${digest.toString('hex').toUpperCase()}`
    }
    case 'DNSKEY':
      return `${record.data.flags} 3 ${record.data.algorithm} ${record.data.key.toString('base64')}`
    case 'TLSA': {
      const { usage, selector, matchingType, certificate } = record.data
      return `${usage} ${selector} ${matchingType} ${certificate.toString('hex').toUpperCase()}`
    }
    case 'SSHFP':
      return `${record.data.algorithm} ${record.data.hash} ${safe(record.data.fingerprint).toUpperCase()}`
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = record.data
      const words = [flags, services, regexp].map(word => quoted(Buffer.from(word)))
      return [order, preference, ...words, domain(replacement)].join(' ')
    }
    case 'HINFO':
      return `${quoted(Buffer.from(record.data.cpu))} ${quoted(Buffer.from(record.data.os))}`
    case 'RP':
      return `${domain(record.data.mbox)} ${domain(record.data.txt)}`
    case 'RRSIG': {
      const { typeCovered, algorithm, labels, originalTTL, expiration, inception, keyTag, signersName, signature } = record.data
      const moments = [expiration, inception].map(zoneTime)
      const head = [typeName(typeCovered), algorithm, labels, originalTTL, ...moments, keyTag, domain(signersName)]
      return [...head, signature.toString('base64')].join(' ')
    }
    case 'NSEC':
      return [domain(record.data.nextDomain), ...record.data.rrtypes.map(typeName)].join(' ')
    default:
      return 'data' in record ? unknownText(record.data) : ''
  }
}

/** Data of a type that is not taken apart (RFC 3597, section 5). */
function unknownText(data: unknown): string {
  if (!Buffer.isBuffer(data)) return safe(JSON.stringify(data) ?? '')
  return data.length === 0 ? '\\# 0' : `\\# ${data.length} ${data.toString('hex').toUpperCase()}`
}

/** `20270101120000` (RFC 4034, section 3.2). */
const zoneTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')

const domain = (name: string): string => (name === '.' || name === '' ? '.' : `${safe(name)}.`)

/** No control characters, and none that turn the direction of writing. */
const safe = (text: string): string => text.replace(/[^\x21-\x7e]/gu, '?')

function texts(data: string | Buffer | readonly (string | Buffer)[]): Buffer[] {
  return (Array.isArray(data) ? data : [data]).map(each => Buffer.from(each))
}

const quoted = (bytes: Buffer): string =>
  `"${[...bytes].map(byte => (byte === 34 || byte === 92 ? `\\${String.fromCharCode(byte)}` : printable(byte))).join('')}"`

const printable = (byte: number): string =>
  byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`

const textOf = (pieces: readonly Buffer[]): string => [...Buffer.concat(pieces)].map(printable).join('')
