import type { Item } from '../core/item.ts'
import { reasons } from '../core/item.ts'
import { exitStatusOf, type Standing, standingOf, wordOf } from './standing.ts'

/** Items that went wrong in the same way. */
export interface FailureGroup {
  readonly standing: Standing
  /** What happened, short: `exit 2`, `ended by SIGKILL`, `unreachable`. */
  readonly what: string
  /** The message they share, with `<host>` where each names itself; the meaning of the reason when there is none. */
  readonly message: string
  readonly items: readonly Item[]
  /** Names of the hosts, of the items where they have none; each once, in the order of the items. */
  readonly names: readonly string[]
}

/** The items that are bad or unknown, grouped by reason, exit status and message; what is stuck first, then the bad, then what was undone, the large before the small. */
export function failureGroups(items: readonly Item[]): FailureGroup[] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const standing = standingOf(item)
    if (standing !== 'bad' && standing !== 'unknown') continue
    const key = [standing, whatOf(item), messageOf(item)].join('\0')
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()].map(toGroup).sort((a, b) => urgency(a) - urgency(b) || b.items.length - a.items.length)
}

/** What is undone followed from something else. */
const urgency = ({ standing, items: [first] }: FailureGroup): number =>
  first?.outcome === 'stuck' ? 0 : first?.outcome === 'undone' ? 2 : standing === 'bad' ? 1 : 3

function toGroup(items: readonly Item[]): FailureGroup {
  const [first] = items
  if (first === undefined) throw new RangeError('a group has at least one item')
  const names = [...new Set(items.map(item => item.host ?? item.name))]
  const message = names.length === 1 && first.message !== undefined ? first.message : messageOf(first)
  return { standing: standingOf(first), what: whatOf(first), message, items, names }
}

/** What happened to an item, short. */
export function whatOf(item: Item): string {
  const { code, signal } = exitStatusOf(item)
  if (item.outcome === 'stuck' || item.outcome === 'undone')
    return item.reason === undefined ? item.outcome : `${item.outcome} (${item.reason})`
  if (item.reason === 'exit' && code !== undefined) return `exit ${code}`
  if (item.reason === 'signal' && signal !== undefined) return `ended by SIG${signal}`
  return item.reason ?? wordOf(item)
}

/** The item's message, or what its reason means in general; empty when there is neither. */
export const explanationOf = ({ message, reason }: Item): string => message ?? (reason === undefined ? '' : reasons[reason])

function messageOf(item: Item): string {
  const { host } = item
  const message = explanationOf(item)
  if (!host || !message.includes(host)) return message
  return message
    .split(host)
    .reduce((text, part) =>
      /[\w.-]$/.test(text) || /^[\w-]|^\.\w/.test(part) ? `${text}${host}${part}` : `${text}<host>${part}`,
    )
}
