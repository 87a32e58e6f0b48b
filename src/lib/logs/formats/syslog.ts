import type { Tally } from '../tally.ts'
import { type Format, Misfit } from './format.ts'
import { textFormat } from './text-format.ts'
import { isRfc3339 } from './time.ts'

const facilities = 'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron'
export const facilityNames = [...facilities.split(' '), ...Array.from({ length: 8 }, (_, index) => `local${index}`)]
export const severityNames = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']

/** RFC 5424: `<34>1 2003-10-11T22:14:15.003Z host app pid id [data] message`. */
const modern =
  /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[[^\s\]="]+(?: [^\s\]="]+="(?:[^"\\\]]|\\.)*")*\])+)(?: (.*))?$/s

/**
 * RFC 3164, and what syslog daemons write to files, without a priority and often with a time of RFC 3339. Switches and the like write a
 * year, fractions, and a day of one digit.
 */
const plain =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2} [ \d]?\d(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+) (\S+) (?:([^\s[:]+)(?:\[([^\]\s]+)\])?: ?)?(.*)$/s

/** What programs and runtimes of containers write behind a time of RFC 3339, where syslog has a host. */
const noHost = /^(?:\[?(?:trace|debug|info|notice|warn|warning|error|err|crit|critical|fatal)\]?:?|stdout|stderr)$/i

/** Both forms, line by line. */
export const syslog: Format = textFormat('syslog', () => (line, tally) => modernRecord(line, tally) ?? plainRecord(line, tally))

function modernRecord(line: string, tally: Tally): string | Misfit | undefined {
  const [, priority, time, host, app, pid, id, data = '-', message] = modern.exec(line) ?? []
  if (priority === undefined || time === undefined) return undefined
  const level = levelOf(priority)
  if (level instanceof Misfit) return level
  if (time !== '-' && !isRfc3339(time)) tally.unreadTimes++
  const named = Object.entries({ time, host, app, pid, message_id: id }).filter(([, value]) => value !== '-')
  const structured = data === '-' ? {} : { data: structuredData(data) }
  // A mark of byte order that says UTF-8 stands before some messages.
  return JSON.stringify({
    ...Object.fromEntries(named),
    ...level,
    ...structured,
    message: (message ?? '').replace(/^\uFEFF/, ''),
  })
}

function structuredData(text: string): Record<string, Record<string, string>> {
  const elements = [...text.matchAll(/\[([^\s\]]+)((?: [^\s=]+="(?:[^"\\]|\\.)*")*)\]/g)]
  return Object.fromEntries(
    elements.map(([, id = '', params = '']) => {
      const pairs = [...params.matchAll(/ ([^\s=]+)="((?:[^"\\]|\\.)*)"/g)]
      return [id, Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value.replace(/\\(["\\\]])/g, '$1')]))]
    }),
  )
}

function plainRecord(line: string, tally: Tally): string | Misfit {
  const [, priority, time, host, app, pid, message] = plain.exec(line) ?? []
  if (time === undefined) return new Misfit('begins with no time of syslog')
  if (host !== undefined && priority === undefined && noHost.test(host))
    return new Misfit('begins with no time and host of syslog')
  const level = priority === undefined ? {} : levelOf(priority)
  if (level instanceof Misfit) return level
  if (!isRfc3339(time)) tally.unreadTimes++
  return JSON.stringify({ time, host, app, pid, ...level, message })
}

function levelOf(priority: string): { readonly facility: string; readonly severity: string } | Misfit {
  const number = Number(priority)
  const facility = facilityNames[number >> 3]
  const severity = severityNames[number & 7]
  return facility === undefined || severity === undefined ? new Misfit('has a priority beyond 191') : { facility, severity }
}
