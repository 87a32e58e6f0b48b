import { readWords } from '../../../core/file-fields.ts'
import { type FileNode, shown } from '../../../core/file-node.ts'
import { nearest } from '../../../core/nearest.ts'
import { isRfc3339 } from '../../formats/time.ts'
import { fieldPath, readField } from '../field-path.ts'
import { plainOf } from '../json-members.ts'
import { knownKeys } from '../read-keys.ts'
import type { Ended, ReadStep } from '../step.ts'
import { asUtc, type CivilTime, rfc3339Of } from '../time/civil-time.ts'
import { epochs, rfc3339OfEpoch } from '../time/epoch.ts'
import { rfc3339Pattern, strptimePattern, type TimePattern } from '../time/time-pattern.ts'
import { type Zone, zoneOf } from '../time/zone.ts'

/** Gives RFC 3339, or undefined. */
type ReadTime = (text: string, begunAt: number | undefined) => string | undefined

const form = 'write `time: { field: time, formats: [rfc3339, unix_ms, "%d/%b/%Y:%H:%M:%S %z"], zone: Europe/Berlin }`'
const named: Readonly<Record<string, TimePattern>> = {
  rfc3339: rfc3339Pattern,
  clf: strptimePattern('%d/%b/%Y:%H:%M:%S %z'),
  rfc3164: strptimePattern('%b %e %H:%M:%S'),
  klog: strptimePattern('%m-%d %H:%M:%S.%f'),
}

/**
 * `time: { field, formats, zone, into, on_error }`: a time as RFC 3339, by the first format that fits. Where it names no zone it is of the one given; where
 * it names no year, of the one that brings it nearest to when its stream was first seen. What can not be read stays as it is.
 */
export const readTime: ReadStep = node => {
  if (!knownKeys(node, { noun: 'time', keys: ['field', 'formats', 'zone', 'into', 'on_error'], form })) return undefined
  const field = node.child('field').isAbsent ? fieldPath('time') : readField(node.child('field'))
  const into = node.child('into').isAbsent ? field : readField(node.child('into'))
  const zone = readZone(node.child('zone'))
  const readers = readFormats(node.child('formats'), zone)
  const [onError = 'keep'] = readWords(node.child('on_error'), ['keep', 'dead']) ?? []
  if (!field || !into || !readers) return undefined
  return () => ({
    decides: false,
    apply(draft, { origin }): Ended | undefined {
      const json = draft.get(field)
      if (json === undefined) return undefined
      const text = plainOf(json)
      if (into === field && isRfc3339(text)) return undefined
      for (const read of readers) {
        const time = read(text, origin.begunAt)
        if (time === undefined) continue
        draft.set(into, `"${time}"`)
        return undefined
      }
      return onError === 'dead' ? { stage: 'time', reason: `${field.text} is no such time` } : undefined
    },
  })
}

function readZone(node: FileNode): Zone | undefined {
  if (node.isAbsent) return undefined
  const text = node.text('a zone')
  if (text === undefined) return undefined
  return zoneOf(text) ?? node.wrong(`there is no zone ${shown(text)}`, { hint: 'UTC, +02:00 or a name like Europe/Berlin' })
}

function readFormats(node: FileNode, zone: Zone | undefined): ReadTime[] | undefined {
  if (node.isAbsent) return node.wrong('time needs formats', { hint: form })
  const nodes = Array.isArray(node.value) ? (node.entries() ?? []) : [node]
  if (nodes.length === 0) return node.wrong('formats is an empty list', { hint: form })
  const readers = nodes.map(each => readFormat(each, zone))
  return readers.every(reader => reader !== undefined) ? readers : undefined
}

function readFormat(node: FileNode, zone: Zone | undefined): ReadTime | undefined {
  const text = node.text('a format of times')
  if (text === undefined) return undefined
  const digits = Object.hasOwn(epochs, text) ? epochs[text] : undefined
  if (digits !== undefined) return value => rfc3339OfEpoch(value, digits)
  const pattern = text.includes('%') ? strptimeOf(text, node) : patternNamed(text, node)
  if (pattern === undefined) return undefined
  if (!pattern.hasZone && pattern !== rfc3339Pattern && zone === undefined)
    return node.wrong(`times of ${shown(text)} name no zone`, { hint: 'say whose they are: `zone: UTC`, `zone: Europe/Berlin`' })
  return (value, begunAt) => momentOf(pattern.read(value), { zone, begunAt })
}

function patternNamed(text: string, node: FileNode): TimePattern | undefined {
  if (Object.hasOwn(named, text)) return named[text]
  const names = [...Object.keys(named), ...Object.keys(epochs)]
  const close = nearest(text, names)
  return node.wrong(`there is no format of times '${text}'`, {
    hint: close ? `did you mean ${close}?` : `there are ${names.join(', ')}, and patterns like %d/%b/%Y:%H:%M:%S %z`,
  })
}

function strptimeOf(text: string, node: FileNode): TimePattern | undefined {
  try {
    return strptimePattern(text)
  } catch (error) {
    return node.wrong(`${shown(text)}: ${error instanceof Error ? error.message : error}`)
  }
}

interface Around {
  readonly zone: Zone | undefined
  readonly begunAt: number | undefined
}

function momentOf(time: CivilTime | undefined, { zone, begunAt }: Around): string | undefined {
  if (time === undefined) return undefined
  const year = time.year ?? (begunAt === undefined ? undefined : nearestYear(time, begunAt))
  if (year === undefined) return undefined
  const dated = { ...time, year }
  const offset = time.offset ?? zone?.offsetAt(asUtc(dated))
  return offset === undefined ? undefined : rfc3339Of({ ...dated, offset })
}

function nearestYear(time: CivilTime, begunAt: number): number {
  const year = new Date(begunAt).getUTCFullYear()
  const far = (candidate: number): number => Math.abs(asUtc({ ...time, year: candidate }) - begunAt)
  return [year - 1, year, year + 1].reduce((best, each) => (far(each) < far(best) ? each : best))
}
