import type { Clock } from '../../core/clock.ts'
import { type Route, route } from '../../net/server/router.ts'
import type { ContentResponse } from '../../net/server/server-response.ts'
import type { Markup } from '../../render/page/markup.ts'
import { html } from '../../render/page/markup.ts'
import type { History } from '../history/history.ts'
import { incidents, lastFailures, lastLooks } from '../history/read-history.ts'
import type { Patrol } from '../patrol.ts'
import { type Status, tallyOf, viewOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { checkPage } from './check-page.ts'
import { filterOf } from './filter.ts'
import { framed, pagePolicy, titleOf } from './frame.ts'
import { headlineOf, stateOf } from './headline.ts'
import { incidentsPage } from './incidents-page.ts'
import { domId } from './link.ts'
import type { LivePage } from './live-page.ts'
import { overview } from './overview-page.ts'
import { PageAssets } from './page-assets.ts'
import { Uptime } from './uptime.ts'

interface Paged {
  readonly patrol: Patrol
  readonly history: History
  readonly version: string
  readonly clock: Clock
  readonly live: LivePage
}

/** Incidents that one page lists. */
const listed = 200

/** What people look at in a browser: all checks, one check, the incidents, and the events that keep them true. */
export function pageRoutes(paged: Paged): Route[] {
  const pages = new Pages(paged)
  return [
    route({ method: 'GET', path: '/', handler: ({ query }) => pages.overview(query) }),
    route({ method: 'GET', path: '/checks', handler: ({ query }) => pages.check(query.get('id') ?? '') }),
    route({ method: 'GET', path: '/checks/:id', handler: (_, { id }) => pages.check(id) }),
    route({ method: 'GET', path: '/incidents', handler: () => pages.incidents() }),
    route({
      method: 'GET',
      path: '/events',
      handler: async ({ headers, query }) => ({
        events: paged.live.feed(headers['last-event-id'] ?? query.get('from') ?? undefined),
      }),
    }),
    pages.assets.route,
  ]
}

interface Page {
  readonly page: 'overview' | 'check' | 'incidents' | 'missing'
  readonly title: string
  readonly state: Status
  readonly from: string
  readonly about?: string
  readonly skip: { readonly to: string; readonly words: string }
}

class Pages {
  readonly #paged: Paged
  readonly #uptime: Uptime
  readonly assets = new PageAssets()

  constructor(paged: Paged) {
    this.#paged = paged
    this.#uptime = new Uptime(paged.history, paged.clock)
  }

  async overview(query: URLSearchParams): Promise<ContentResponse> {
    const { patrol, clock, live } = this.#paged
    const filter = filterOf(query)
    // Taken first: what changes while the page is made is told after it.
    const from = live.lastId
    const watches = [...patrol.told()]
    const tally = tallyOf(watches)
    const state = stateOf(tally)
    const content = await overview({ watches, filter, uptime: this.#uptime, clock })
    const skip = { to: 'checks', words: 'Skip to the checks' }
    return this.#answer({ page: 'overview', title: titleOf(state, headlineOf(tally)), state, from, skip }, content)
  }

  async check(id: string): Promise<ContentResponse> {
    const { patrol, history, clock, live } = this.#paged
    const from = live.lastId
    const watch = patrol.watches.get(id)
    if (!watch) return this.#missing(id, from)
    const at = { now: clock.now(), monotonic: clock.monotonic() }
    const view = viewOf(watch, at)
    const bars = await Promise.all((['48h', '30d'] as const).map(async span => (await this.#uptime.of(span, [id]))(id)))
    const content = checkPage({
      watch,
      view,
      bars,
      now: at.now,
      looks: lastLooks(history, id),
      failures: lastFailures(history, id),
      incidents: incidents(history, { watched: id, limit: 20 }),
    })
    const title = titleOf(view.status, titleOfCheck(watch))
    const skip = { to: 'main', words: 'Skip to the details' }
    return this.#answer({ page: 'check', title, state: view.status, from, about: domId('c', id), skip }, content)
  }

  async incidents(): Promise<ContentResponse> {
    const { patrol, history, clock, live } = this.#paged
    const from = live.lastId
    const rows = incidents(history, { limit: listed })
    const state = stateOf(tallyOf(patrol.told()))
    const open = rows.filter(({ endedAt }) => endedAt === undefined).length
    const title = `Incidents: ${open === 0 ? 'none' : open} open`
    const skip = { to: 'main', words: 'Skip to the incidents' }
    return this.#answer({ page: 'incidents', title, state, from, skip }, incidentsPage(rows, { now: clock.now(), limit: listed }))
  }

  #missing(id: string, from: string): ContentResponse {
    const content = [
      html`<header id="head"><h1>No such check</h1></header>
<main id="main"><p>There is no check <code>${id}</code>, or it is no longer watched. <a href="/">All checks</a></p></main>
`,
    ]
    const page = { page: 'missing', title: 'No such check', state: 'unknown', from, skip: { to: 'main', words: 'Skip' } } as const
    return { ...this.#answer(page, content), status: 404 }
  }

  #answer(page: Page, content: readonly Markup[]): ContentResponse {
    const { version, clock } = this.#paged
    return {
      headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy },
      body: framed({ ...page, assets: this.assets, version, now: clock.now() }, content),
    }
  }
}

const titleOfCheck = ({ check, unit: { host } }: Watch): string => (host ? `${check.name} on ${host.name}` : check.name)
