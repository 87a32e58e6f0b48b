import type { Clock } from '../../core/clock.ts'
import type { EventFeed } from '../../net/server/event-feed.ts'
import { EventHub } from '../../net/server/event-hub.ts'
import { isTold } from '../../probe/index.ts'
import type { Patrol } from '../patrol.ts'
import { type CheckView, tallyOf, viewOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { checkRow, clipped, looksText } from './check-row.ts'
import { titleOf } from './frame.ts'
import { foldText, groupFigures, groupKey, groupSum, groupTitle } from './groups.ts'
import { headline, headlineOf, stateOf } from './headline.ts'
import { domId } from './link.ts'
import { openIncidents, withIncidents } from './open-incidents.ts'
import { latencyText } from './sparkline.ts'
import { isLoud } from './status-look.ts'

interface LiveTools {
  readonly clock: Clock
  /** Asked only after the first page was made. */
  readonly patrol: () => Patrol
}

/** What changed is told so often, milliseconds. */
const beatMs = 1000
/** Something is said so often even where nothing changed, in beats, so that pages know that the connection lives. */
const aliveBeats = 10
/** After the last page was made or left, changes are noted for so long, milliseconds. */
const notedMs = 30_000
/** More rows than this at once are asked for anew. */
const maxRows = 150
/** Rows whose numbers changed, in one beat; the others wait for the next. */
const maxTicks = 250
/** Incidents that are said in words. */
const maxSaid = 3

/** What an open page is told. */
export interface Patch {
  readonly at: number
  /** Too much changed: to be asked for anew. */
  readonly all?: true
  /** The next four where they changed. */
  readonly state?: string
  readonly title?: string
  readonly head?: string
  readonly open?: string
  readonly said?: string
  /** Rows that look different. */
  readonly rows: readonly { readonly id: string; readonly group: string; readonly loud: boolean; readonly html: string }[]
  /** Rows of which only numbers changed: id, message, latency, times. */
  readonly ticks: readonly (readonly [id: string, message: string, ms: string, looks: string])[]
  /** Groups with such rows. */
  readonly groups: readonly { readonly id: string; readonly sum: string; readonly fold: string; readonly isQuiet: boolean }[]
}

/**
 * Tells open pages what changed: all changes of a second in one event, made once for all of them. While no page is open nothing is noted,
 * and a page that comes back after that is told to ask for everything.
 */
export class LivePage implements Disposable {
  readonly #tools: LiveTools
  readonly #hub = new EventHub({ kept: 60 })
  readonly #changed = new Set<string>()
  /** How each row looked when it was last told. */
  readonly #faces = new Map<string, string>()
  #incidents: ReadonlyMap<string, string> = new Map()
  #tally = ''
  #generation = 0
  #notedUntil = 0
  #quietBeats = 0
  #cancel: (() => void) | undefined

  constructor(tools: LiveTools) {
    this.#tools = tools
  }

  /** For a page that is made now: it follows what comes after this. */
  get lastId(): string {
    this.#note()
    return this.#hub.lastId
  }

  changed({ id, unit }: Watch): void {
    if (this.#cancel && isTold(unit)) this.#changed.add(id)
  }

  feed(lastEventId: string | undefined): EventFeed {
    this.#note()
    return this.#hub.feed(lastEventId)
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #note(): void {
    const { clock, patrol } = this.#tools
    this.#notedUntil = clock.monotonic() + notedMs
    if (this.#cancel) return
    const told = [...patrol().told()]
    const at = { now: clock.now(), monotonic: clock.monotonic() }
    for (const watch of told) this.#faces.set(watch.id, faceOf(viewOf(watch, at)))
    this.#incidents = incidentsOf(withIncidents(told))
    this.#tally = JSON.stringify(tallyOf(told))
    this.#generation = patrol().generation
    this.#arm()
  }

  #arm(): void {
    this.#cancel = this.#tools.clock.timer(beatMs, () => this.#beat(), { background: true })
  }

  #beat(): void {
    const { clock } = this.#tools
    if (this.#hub.listeners > 0) this.#notedUntil = clock.monotonic() + notedMs
    if (clock.monotonic() >= this.#notedUntil) {
      this.#rest()
      return
    }
    this.#arm()
    const patch = this.#patch()
    if (patch === undefined && ++this.#quietBeats < aliveBeats) return
    this.#quietBeats = 0
    this.#hub.publish({ event: 'patch', data: JSON.stringify(patch ?? { at: clock.now(), rows: [], ticks: [], groups: [] }) })
  }

  /** Nobody looks: what changes from now on nobody hears of, so whoever comes back has to ask. */
  #rest(): void {
    this.#cancel = undefined
    this.#changed.clear()
    this.#faces.clear()
    this.#hub.publish({ event: 'reset', data: '' })
  }

  #patch(): Patch | undefined {
    const { clock, patrol } = this.#tools
    const { watches, generation } = patrol()
    const isOther = generation !== this.#generation
    this.#generation = generation
    if (this.#changed.size === 0 && !isOther) return undefined
    const at = { now: clock.now(), monotonic: clock.monotonic() }
    const views = [...this.#changed].flatMap(id => watches.get(id) ?? []).map(watch => viewOf(watch, at))
    const [ticks = [], rows = []] = [true, false].map(isSeen => views.filter(view => this.#isSeen(view) === isSeen))
    const isAll = isOther || rows.length > maxRows
    const told = isAll ? [] : ticks.slice(0, maxTicks)
    this.#changed.clear()
    if (!isAll) for (const { id } of ticks.slice(maxTicks)) this.#changed.add(id)
    for (const view of rows) this.#faces.set(view.id, faceOf(view))
    return {
      at: at.now,
      ...(isAll && { all: true }),
      ...this.#whole([...patrol().told()], at.now),
      rows: isAll ? [] : rows.map(view => rowOf(view, at.now)),
      ticks: told.map(view => tickOf(view, at.now)),
      groups: isAll ? [] : groupsOf([...patrol().told()], new Set(rows.map(groupKey)), at),
    }
  }

  #isSeen(view: CheckView): boolean {
    return this.#faces.get(view.id) === faceOf(view)
  }

  /** What is told of the patrol as a whole. */
  #whole(watches: readonly Watch[], now: number): Partial<Patch> {
    const tally = tallyOf(watches)
    const text = JSON.stringify(tally)
    const state = stateOf(tally)
    const head = text !== this.#tally && { state, title: titleOf(state, headlineOf(tally)), head: String(headline(tally)) }
    this.#tally = text
    const open = withIncidents(watches)
    const incidents = incidentsOf(open)
    const before = this.#incidents
    this.#incidents = incidents
    const said = newsOf(before, incidents)
    const isSame = said === '' && sameSeverities(before, incidents)
    return { ...head, ...(!isSame && { open: String(openIncidents(open, now)) }), ...(said !== '' && { said }) }
  }
}

/** What makes a row look different, besides numbers and messages. */
function faceOf({ status, flapping, reason, suppressedBy, since, dimensions }: CheckView): string {
  return [status, flapping, reason, suppressedBy, since, dimensions.some(({ isUnconfirmed }) => isUnconfirmed)].join('\t')
}

const rowOf = (view: CheckView, now: number): Patch['rows'][number] => ({
  id: domId('c', view.id),
  group: domId('g', groupKey(view)),
  loud: isLoud(view),
  html: String(checkRow(view, { now })).trim(),
})

const tickOf = (view: CheckView, now: number): Patch['ticks'][number] => [
  domId('c', view.id),
  clipped(view.message),
  view.ms === undefined ? '' : latencyText(view.ms),
  looksText(view, now),
]

function groupsOf(
  watches: readonly Watch[],
  keys: ReadonlySet<string>,
  at: { readonly now: number; readonly monotonic: number },
): Patch['groups'] {
  if (keys.size === 0) return []
  const views = watches.map(watch => viewOf(watch, at)).filter(view => keys.has(groupKey(view)))
  return [...Map.groupBy(views, groupKey)].map(([key, members]) => {
    const figures = groupFigures(members)
    return {
      id: domId('g', key),
      sum: String(groupSum(figures)),
      fold: String(foldText(figures, groupTitle(key))),
      isQuiet: figures.quiet.size > 0,
    }
  })
}

/** Summaries by id and severity. */
const incidentsOf = (open: readonly Watch[]): Map<string, string> =>
  new Map(
    open.flatMap(({ standing: { incident } }) => (incident ? [[`${incident.id} ${incident.severity}`, incident.summary]] : [])),
  )

const sameSeverities = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): boolean =>
  before.size === after.size && [...after.keys()].every(key => before.has(key))

/** What began and what is over, for those who listen. */
function newsOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string {
  const ids = (all: ReadonlyMap<string, string>): Map<string, string> =>
    new Map([...all].map(([key, summary]) => [key.split(' ')[0] ?? '', summary]))
  const [old, now] = [ids(before), ids(after)]
  const news = [
    ...[...now].filter(([id]) => !old.has(id)).map(([, summary]) => `incident began: ${clipped(summary, 120)}`),
    ...[...old].filter(([id]) => !now.has(id)).map(([, summary]) => `incident over: ${clipped(summary, 120)}`),
  ]
  const rest = news.length - maxSaid
  return [...news.slice(0, maxSaid), ...(rest > 0 ? [`and ${rest} more`] : [])].join('. ')
}
