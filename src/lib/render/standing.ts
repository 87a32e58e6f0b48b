import type { RenderEnv } from '../core/component.ts'
import type { Item, Outcome, Verdict } from '../core/item.ts'

/** What a reader makes of an item, whether it was judged (verdict) or executed (outcome). */
export type Standing = 'good' | 'warn' | 'bad' | 'unknown' | 'skipped'

export const standings: readonly Standing[] = ['bad', 'unknown', 'warn', 'skipped', 'good']

export const ofOutcome: Readonly<Record<Outcome, Standing>> = {
  ok: 'good',
  changed: 'good',
  skipped: 'skipped',
  failed: 'bad',
  undone: 'bad',
  stuck: 'bad',
}

export const ofVerdict: Readonly<Record<Verdict, Standing>> = {
  pass: 'good',
  warn: 'warn',
  fail: 'bad',
  unknown: 'unknown',
  na: 'skipped',
}

/** What items and spans have in common. */
type Judged = Pick<Item, 'outcome' | 'verdict' | 'reason'>

/** A step that was skipped for a reason (--max-fail, deadline, interrupt) should have run: nobody knows what it would have said. */
export function standingOf(item: Judged): Standing {
  if (item.outcome === 'skipped' && item.reason !== undefined) return 'unknown'
  if (isWanted(item)) return 'good'
  if (item.outcome !== undefined && ofOutcome[item.outcome] === 'bad') return 'bad'
  if (item.verdict !== undefined) return ofVerdict[item.verdict]
  return item.outcome === undefined ? 'unknown' : ofOutcome[item.outcome]
}

/** Taken back because somebody asked for it: `opsctl undo`. */
const isWanted = ({ outcome, verdict }: Judged): boolean => outcome === 'undone' && verdict === 'pass'

/** The item's own word for it: `failed`, `warn`. */
export const wordOf = (item: Judged): string =>
  item.outcome && ofOutcome[item.outcome] === 'bad' ? item.outcome : (item.verdict ?? item.outcome ?? 'unknown')

export const signOf: Readonly<Record<Standing, string>> = { good: '✓', warn: '!', bad: '✗', unknown: '?', skipped: '-' }

/** Text in the colour of a standing. */
export function inColour(standing: Standing, text: string, { style }: Pick<RenderEnv, 'style'>): string {
  const paint = { good: style.good, warn: style.warn, bad: style.bad, unknown: style.warn, skipped: style.dim }
  return paint[standing](text)
}

/** How a command ended: `data.exitCode` is its exit status (null where unknown), `data.signal` the signal's name without SIG. */
export function exitStatusOf(item: Item): { readonly code?: number; readonly signal?: string } {
  const code = item.data?.['exitCode']
  const signal = item.data?.['signal']
  return { ...(typeof code === 'number' && { code }), ...(typeof signal === 'string' && { signal }) }
}

/** The exit status in one short word: `2`, `SIGKILL`, or nothing. */
export function exitWordOf(item: Item): string {
  const { code, signal } = exitStatusOf(item)
  return signal !== undefined ? `SIG${signal}` : code !== undefined ? String(code) : ''
}

/** Host and name, or the one that is there: `web1: nginx -t`. */
export function labelOf({ host, name }: Item): string {
  return host === undefined || host === name ? name : `${host}: ${name}`
}
