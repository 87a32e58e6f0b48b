import { readTexts, readTime } from '../../core/file-fields.ts'
import type { FileNode } from '../../core/file-node.ts'
import { nearest } from '../../core/nearest.ts'
import { parseCron } from '../cron.ts'
import type { Mute, Window } from '../mute.ts'
import { afterCron, betweenMoments, daily } from '../window.ts'
import { weekdays, zonedClock } from '../zoned-time.ts'
import { matchKeys, readMatch } from './read-match.ts'

const muteKeys = [...matchKeys, 'days', 'from', 'to', 'zone', 'cron', 'for'] as const
const form = 'write `{ days: mon-fri, from: "01:00", to: "03:00", zone: Europe/Berlin }`'
const dayMs = 86_400_000
const minutesOfDay = 24 * 60

export function readMutes(node: FileNode): Mute[] {
  if (node.isAbsent) return []
  return [...(node.members('mute', `write \`mute: { backup: { from: "01:00", to: "03:00" } }\``) ?? [])].flatMap(
    ([name, member]) => readMute(name, member) ?? [],
  )
}

function readMute(name: string, node: FileNode): Mute | undefined {
  const members = node.members(`the window ${name}`, form)
  if (!members) return undefined
  for (const [key, member] of members) {
    if (!muteKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a window`, muteKeys)
  }
  const match = readMatch(node)
  const covers = readWindow(node)
  return covers && { name, match, covers }
}

function readWindow(node: FileNode): Window | undefined {
  const zone = readZone(node.child('zone'))
  if (!node.child('cron').isAbsent) return readCron(node, zone)
  const [from, to] = [node.child('from'), node.child('to')]
  if (!node.child('for').isAbsent) return node.child('for').wrong('for: belongs to cron:', { part: 'key', hint: form })
  const moments = [from, to].map(({ value }) => momentOf(value))
  if (moments.some(each => each !== undefined)) return readMoments(node, moments)
  if (from.isAbsent && to.isAbsent && node.child('days').isAbsent) return node.wrong('a window needs a time', { hint: form })
  const days = readDays(node.child('days'))
  const times = [readTimeOfDay(from, 0), readTimeOfDay(to, minutesOfDay)]
  const [begin, end] = times
  if (days === undefined || begin === undefined || end === undefined || zone === undefined) return undefined
  if (begin === end) return to.wrong('a window ends where it begins', { hint: 'leave both out for the whole day' })
  return daily({ days, from: begin, to: end, zone })
}

function readZone(node: FileNode): string | undefined {
  if (node.isAbsent) return 'UTC'
  const zone = node.text('the name of a zone')
  if (zone === undefined) return undefined
  try {
    zonedClock(zone)
    return zone
  } catch {
    const close = nearest(zone, Intl.supportedValuesOf('timeZone'))
    return node.wrong(`there is no zone '${zone}'`, { hint: close ? `did you mean ${close}?` : 'write one like Europe/Berlin' })
  }
}

function readCron(node: FileNode, zone: string | undefined): Window | undefined {
  for (const key of ['days', 'from', 'to']) {
    if (!node.child(key).isAbsent) return node.child(key).wrong(`${key}: stands beside cron:, which says it all`, { part: 'key' })
  }
  const lasting = node.child('for')
  const forMs = lasting.isAbsent ? node.wrong('cron: needs for:, how long it lasts') : readTime(lasting, 60_000)
  const text = node.child('cron').text('a cron expression')
  if (text === undefined || forMs === undefined || zone === undefined) return undefined
  if (forMs > 7 * dayMs) return lasting.wrong('for: is more than 7 days')
  try {
    return afterCron({ cron: parseCron(text), forMs, zone })
  } catch (error) {
    return node
      .child('cron')
      .wrong(`cron: ${error instanceof Error ? error.message : error}`, { hint: 'write `0 1 * * mon-fri`' })
  }
}

/** RFC 3339 with its offset. */
function momentOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)) return undefined
  const moment = Date.parse(value)
  return Number.isNaN(moment) ? undefined : moment
}

function readMoments(node: FileNode, [from, to]: readonly (number | undefined)[]): Window | undefined {
  const hint = 'write both as 2026-08-01T20:00:00Z'
  if (from === undefined) return node.child('from').wrong('from: is no moment, as to: is', { hint })
  if (to === undefined) return node.child('to').wrong('to: is no moment, as from: is', { hint })
  if (to <= from) return node.child('to').wrong('to: is not after from:')
  for (const key of ['days', 'zone']) {
    if (!node.child(key).isAbsent) return node.child(key).wrong(`${key}: has no use here: the moments say it`, { part: 'key' })
  }
  return betweenMoments({ from, to })
}

/** Minutes since midnight. */
function readTimeOfDay(node: FileNode, absent: number): number | undefined {
  if (node.isAbsent) return absent
  const [, hour, minute] = /^(\d{1,2}):(\d\d)$/.exec(String(node.value)) ?? []
  const at = Number(hour) * 60 + Number(minute)
  if (typeof node.value === 'string' && Number(minute) < 60 && at <= minutesOfDay) return at
  return node.wrong(`${node.key} must be a time of day, not ${JSON.stringify(node.value)}`, { hint: 'write "01:30", in quotes' })
}

function readDays(node: FileNode): ReadonlySet<number> | undefined {
  if (node.isAbsent) return new Set(weekdays.keys())
  const days = new Set<number>()
  for (const each of readTexts(node, 'a day')) {
    const [first = '', last = first] = String(each.value).toLowerCase().split('-')
    const [from, to] = [first, last].map(day => weekdays.indexOf(day))
    if (from === undefined || to === undefined || from < 0 || to < 0) {
      return each.wrong(`there is no day ${JSON.stringify(each.value)}`, {
        hint: `there are ${weekdays.join(', ')}, and mon-fri`,
      })
    }
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === to) break
    }
  }
  return days.size > 0 ? days : node.wrong('days is an empty list')
}
