import { facilityNames, severityNames } from '../../formats/syslog.ts'

/** What applications call their severities beside the names of syslog. */
const otherNames: Readonly<Record<string, number>> = {
  panic: 0,
  emergency: 0,
  critical: 2,
  fatal: 2,
  error: 3,
  warn: 4,
  information: 6,
  informational: 6,
  verbose: 7,
  trace: 7,
}

/** 0 to 7 of a name or a number (RFC 5424, table 2); undefined for what is neither. */
export function severityNumber(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text)
  const name = text.toLowerCase()
  const index = severityNames.indexOf(name)
  return index === -1 ? otherNames[name] : index
}

/** 0 to 23 of a name or a number (RFC 5424, table 1); undefined for what is neither. */
export function facilityNumber(text: string): number | undefined {
  if (/^(?:1?\d|2[0-3])$/.test(text)) return Number(text)
  const index = facilityNames.indexOf(text.toLowerCase())
  return index === -1 ? undefined : index
}
