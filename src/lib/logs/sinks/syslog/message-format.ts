import type { RecordText } from '../broker/record-text.ts'
import type { RecordLine } from '../over-http/record-lines.ts'
import { facilityNumber, severityNumber } from './priority.ts'
import type { StructuredData } from './structured-data.ts'

export interface FormatWishes {
  readonly format: 'rfc5424' | 'rfc3164'
  readonly facility: RecordText
  readonly severity: readonly RecordText[]
  readonly time: RecordText
  readonly host: RecordText
  readonly app: RecordText
  readonly pid: RecordText
  readonly messageId: RecordText
  readonly data: StructuredData
  /** Absent: the whole record. */
  readonly message: RecordText | undefined
  /** For records that name no host. */
  readonly ownHost: string
}

/** A message in two parts: what stands in front of the text must be whole, the text may be cut. */
export interface SyslogMessage {
  readonly head: string
  readonly text: string
}

const [user, info] = [1, 6]
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const moment = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d:\d\d:(\d\d))(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** Makes messages of records. */
export class MessageFormat {
  readonly #wishes: FormatWishes

  constructor(wishes: FormatWishes) {
    this.#wishes = wishes
  }

  /** `now`, milliseconds since 1970, stands where RFC 3164 has to have a time and the record has none. */
  of({ value, text }: RecordLine, now: number): SyslogMessage {
    const { format, message } = this.#wishes
    const head = format === 'rfc5424' ? this.#modernHead(value) : this.#oldHead(value, now)
    const said = message?.of(value) ?? ''
    return { head, text: said === '' ? text : said }
  }

  /** RFC 5424, section 6. */
  #modernHead(record: Fields): string {
    const { host, app, pid, messageId, data, ownHost } = this.#wishes
    const names = [
      word(host.of(record) || ownHost, 255),
      word(app.of(record), 48),
      word(pid.of(record), 128),
      word(messageId.of(record), 32),
    ]
    return `<${this.#priority(record)}>1 ${modernTime(this.#wishes.time.of(record))} ${names.join(' ')} ${data.of(record)} `
  }

  /** RFC 3164, section 4.1. */
  #oldHead(record: Fields, now: number): string {
    const { time, host, app, pid, ownHost } = this.#wishes
    const tag = word(app.of(record).replace(/[[\]:]/g, '_'), 32)
    const id = pid.of(record)
    const process = id === '' ? '' : `[${word(id.replace(/[[\]:]/g, '_'), 32)}]`
    return `<${this.#priority(record)}>${oldTime(time.of(record), now)} ${word(host.of(record) || ownHost, 255)} ${tag}${process}: `
  }

  #priority(record: Fields): number {
    const { facility, severity } = this.#wishes
    const severities = severity.map(each => severityNumber(each.of(record)))
    return (facilityNumber(facility.of(record)) ?? user) * 8 + (severities.find(each => each !== undefined) ?? info)
  }
}

type Fields = RecordLine['value']

/** One word of a header: printable ASCII. */
const word = (text: string, most: number): string => text.replace(/[^\x21-\x7e]/gu, '_').slice(0, most) || '-'

/** With microseconds at most and no leap seconds (RFC 5424, section 6.2.3); `-` where the text is no such moment. */
function modernTime(text: string): string {
  const [, year, month, day, time, seconds, fraction = '', zone = ''] = moment.exec(text) ?? []
  if (time === undefined || seconds === '60') return '-'
  return `${year}-${month}-${day}T${time}${fraction.length > 1 ? fraction.slice(0, 7) : ''}${zone.toUpperCase()}`
}

/** On the clock of the zone that the record's own time is in: the format has none. */
function oldTime(text: string, now: number): string {
  const [, , month, day, time] = moment.exec(text) ?? moment.exec(new Date(now).toISOString()) ?? []
  return `${months[Number(month) - 1] ?? 'Jan'} ${String(Number(day)).padStart(2)} ${time}`
}
