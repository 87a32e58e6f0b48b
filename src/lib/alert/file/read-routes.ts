import { readTexts, readTime, readTruth } from '../../core/file-fields.ts'
import type { FileNode } from '../../core/file-node.ts'
import { nearest } from '../../core/nearest.ts'
import type { Route } from '../route.ts'
import { matchKeys, readMatch } from './read-match.ts'

const routeKeys = [...matchKeys, 'to', 'after', 'repeat', 'resolved', 'continue', 'routes'] as const
const maxDepth = 10
/** A shorter one is a flood. */
const leastRepeatMs = 60_000

/** What a route has of the one above it. */
interface Above extends Pick<Route, 'afterMs' | 'resolved'> {
  readonly to?: readonly string[]
  readonly repeatMs?: number
}

interface Reading {
  /** Names that there are. */
  readonly channels: readonly string[]
  readonly above?: Above
  readonly depth?: number
}

export function readRoutes(node: FileNode, reading: Reading): Route[] {
  if (node.isAbsent) return []
  const entries = node.entries('write `routes: [{ severity: critical, to: pager }]`')
  return (entries ?? []).flatMap(entry => readRoute(entry, reading) ?? [])
}

function readRoute(node: FileNode, { channels, above = { afterMs: 0, resolved: true }, depth = 0 }: Reading): Route | undefined {
  const members = node.members('a route', 'write `- { severity: critical, to: pager }`')
  if (!members) return undefined
  if (depth >= maxDepth) return node.wrong(`routes are more than ${maxDepth} deep`)
  for (const [key, member] of members) {
    if (!routeKeys.some(known => known === key)) member.unknownKey(`unknown key '${key}' in a route`, routeKeys)
  }
  const match = readMatch(node)
  const to = node.child('to').isAbsent ? above.to : readTo(node.child('to'), channels)
  const repeatMs = readRepeat(node.child('repeat'), above.repeatMs)
  const own = {
    afterMs: readTime(node.child('after')) ?? above.afterMs,
    resolved: readTruth(node.child('resolved')) ?? above.resolved,
    ...(repeatMs !== undefined && { repeatMs }),
  }
  const goesOn = readTruth(node.child('continue')) ?? false
  const routes = readRoutes(node.child('routes'), { channels, above: { ...own, ...(to && { to }) }, depth: depth + 1 })
  if (to === undefined && node.child('to').isAbsent && routes.length === 0) {
    return node.wrong('a route needs to:', { hint: 'a name of a channel or a list of them; `to: []` tells nobody' })
  }
  return { place: node.place, match, to: to ?? [], ...own, goesOn, routes }
}

function readTo(node: FileNode, channels: readonly string[]): string[] {
  const names = readTexts(node, 'the name of a channel')
  return names.flatMap(each => {
    const name = String(each.value)
    if (channels.includes(name)) return [name]
    const close = nearest(name, channels)
    const there = channels.length > 0 ? `there are ${channels.join(', ')}` : 'name it below channels:'
    each.wrong(`there is no channel '${name}'`, { hint: close ? `did you mean ${close}?` : there })
    return []
  })
}

function readRepeat(node: FileNode, above: number | undefined): number | undefined {
  if (node.isAbsent) return above
  return node.value === 'never' ? undefined : readTime(node, leastRepeatMs)
}
