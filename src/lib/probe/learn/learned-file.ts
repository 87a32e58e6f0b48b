import type { Json } from '../../core/json.ts'
import { foldNodeSet } from '../../inventory/node-set.ts'
import { yamlText } from '../../render/yaml-text.ts'
import { engineKeys } from '../file/read-check.ts'
import type { LearnedHost } from './learn-host.ts'
import { nameOf } from './lesson.ts'

/** What a host showed, by its name; without one, this machine of which no targets are said. */
export interface HostLesson extends LearnedHost {
  readonly host?: string
}

/** A file of checks, as YAML with comments and as the same data. */
export interface LearnedFile {
  readonly text: string
  readonly data: Json
}

type Entry = LearnedHost['checks'][number]

/** Checks that some hosts share, in the order in which they are written. */
interface Section {
  readonly hosts: readonly string[]
  readonly entries: readonly Entry[]
}

/** The file of checks for these hosts: what holds of all of them once, then what holds of some. `unread` names hosts that gave nothing. */
export function learnedFile(lessons: readonly HostLesson[], unread: readonly string[]): LearnedFile {
  const hosts = lessons.flatMap(({ host }) => host ?? [])
  const sections = sectionsOf(lessons)
  const doubled = doubledNames(sections)
  const lines = [...head(hosts, unread)]
  const checks: Json[] = []
  if (hosts.length > 0) lines.push('defaults:', `  targets: ${yamlText(foldNodeSet(hosts))}`, '')
  lines.push('checks:')
  for (const section of sections) {
    const isOfAll = section.hosts.length === hosts.length
    const targets = isOfAll ? undefined : foldNodeSet(section.hosts)
    if (targets !== undefined) lines.push('', `  # ---- Of ${comment(targets)} alone`)
    let title = ''
    for (const entry of section.entries) {
      if (entry.title !== title) lines.push('', `  # ${entry.title}`)
      title = entry.title
      const check = written(entry, { targets, isDoubled: doubled.has(nameOf(entry)) })
      checks.push(check)
      lines.push(`  # ${comment(entry.why)}`, `  - ${yamlText(check, 4)}`)
    }
  }
  lines.push(...leftOut(lessons))
  const data = { ...(hosts.length > 0 && { defaults: { targets: foldNodeSet(hosts) } }), checks }
  return { text: `${lines.join('\n')}\n`, data }
}

const head = (hosts: readonly string[], unread: readonly string[]): string[] => [
  `# Checks that \`opsctl probe learn\` wrote from what ${hosts.length === 0 ? 'this machine' : comment(foldNodeSet(hosts))} showed. Each of them held then.`,
  '# Keep what matters, and correct the limits; `opsctl probe lint FILE` reads it, `opsctl probe -f FILE` runs it.',
  ...unread.map(why => `# NOT READ: ${comment(why)}`),
]

interface Writing {
  readonly targets: string | undefined
  readonly isDoubled: boolean
}

/** Names are unique in a file. One with a name of its own has its parameters below `params` where they may be called like another key. */
function written(entry: Entry, { targets, isDoubled }: Writing): Json {
  const { name, type, params, sla, from } = entry
  const own = targets !== undefined && isDoubled ? `${nameOf(entry)} of ${targets}` : name
  const isBeside = own === undefined || !engineKeys.some(key => key in params)
  return {
    ...(own !== undefined && { name: own }),
    ...('endpoint' in params ? {} : { type }),
    ...(isBeside ? params : { params }),
    ...(from && { from }),
    ...(targets !== undefined && { targets }),
    ...(sla && { sla }),
  }
}

function sectionsOf(lessons: readonly HostLesson[]): Section[] {
  const byKey = new Map<string, { entry: Entry; hosts: string[] }>()
  for (const { host, checks } of lessons) {
    for (const entry of checks) {
      const key = JSON.stringify([entry.title, nameOf(entry), entry.type, entry.params])
      const known = byKey.get(key) ?? { entry, hosts: [] }
      byKey.set(key, { ...known, hosts: host === undefined ? [] : [...known.hosts, host] })
    }
  }
  const sections = Map.groupBy(byKey.values(), ({ hosts }) => JSON.stringify(hosts))
  return [...sections.values()]
    .map(group => ({ hosts: group[0]?.hosts ?? [], entries: group.map(({ entry }) => entry) }))
    .sort((one, other) => other.hosts.length - one.hosts.length)
}

function doubledNames(sections: readonly Section[]): ReadonlySet<string> {
  const names = sections.flatMap(({ entries }) => entries.map(nameOf))
  return new Set(names.filter((name, index) => names.indexOf(name) !== index))
}

function leftOut(lessons: readonly HostLesson[]): string[] {
  const byLine = new Map<string, string[]>()
  for (const { host, leftOut } of lessons)
    for (const line of leftOut) byLine.set(line, [...(byLine.get(line) ?? []), ...(host === undefined ? [] : [host])])
  if (byLine.size === 0) return []
  const all = lessons.length
  const of = (hosts: readonly string[]): string => (hosts.length === all || hosts.length === 0 ? '' : `${foldNodeSet(hosts)}, `)
  return ['', '# Left out:', ...[...byLine].map(([line, hosts]) => `# - ${comment(of(hosts) + line)}`)]
}

/** Names come from hosts: nothing of them may end the comment. */
const comment = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]/g, '?')
