import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { Refusal } from '../../net/server/refusal.ts'
import { type Route, route } from '../../net/server/router.ts'
import { jsonResponse } from '../../net/server/server-response.ts'
import { type Heartbeat, type Heartbeats, slaClasses } from '../../probe/index.ts'
import type { History } from '../history/history.ts'
import { hoursSince, incidents, lastFailures, lastLooks } from '../history/read-history.ts'
import type { Patrol } from '../patrol.ts'
import type { Recorder } from '../recorder.ts'
import { type CheckView, statuses, tallyOf, viewOf } from '../view.ts'
import type { Watch } from '../watch.ts'

export interface Served {
  readonly patrol: Patrol
  readonly history: History
  readonly recorder: Recorder
  readonly heartbeats: Heartbeats
  readonly version: string
  readonly startedAt: number
  now(): { readonly now: number; readonly monotonic: number }
}

const dayMs = 86_400_000
const maxBeatBytes = 4096

/** `/api/v1/…`: what the patrol knows, and what it can be told. */
export function checkRoutes(served: Served): Route[] {
  const { patrol, history, recorder, heartbeats, version, startedAt } = served
  return [
    route({
      method: 'GET',
      path: '/health',
      needs: 'nothing',
      handler: async () => jsonResponse({ status: 'ok', version, checks: patrol.watches.size }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/status',
      handler: async () => jsonResponse({ version, startedAt, checks: tallyOf(patrol.told()) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/checks',
      handler: async ({ query }) => jsonResponse({ checks: chosen(served, query) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/checks/:id',
      handler: async (_, { id }) => {
        const watch = watchOf(patrol, id)
        return jsonResponse({
          ...viewOf(watch, served.now()),
          looks: lastLooks(history, watch.id),
          failures: lastFailures(history, watch.id),
          hours: hoursSince(history, watch.id, served.now().now - 30 * dayMs),
          incidents: incidents(history, { watched: watch.id, limit: 20 }),
        })
      },
    }),
    route({
      method: 'POST',
      path: '/api/v1/checks/:id/look',
      handler: async (_, { id }) => {
        const watch = watchOf(patrol, id)
        if (!watch.check.isOn)
          throw new Refusal(409, `'${id}' is switched off`, { hint: `POST /api/v1/probes/${watch.check.name}/enable first` })
        patrol.lookNow(watch)
        return { status: 202 }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/incidents',
      handler: async ({ query }) => jsonResponse({ incidents: incidents(history, { limit: limitOf(query) }) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/heartbeats/:name',
      handler: async (request, { name }) => {
        const beat = await beatOf(request, served.now().now)
        heartbeats.beat(name, beat)
        recorder.beat(name, beat)
        for (const watch of patrol.watches.values()) if (watch.check.type === 'heartbeat') patrol.lookNow(watch)
        return { status: 204 }
      },
    }),
  ]
}

function watchOf(patrol: Patrol, id: string): Watch {
  const watch = patrol.watches.get(id)
  if (watch) return watch
  const [place] = patrol.placesOf(id)
  const close = place?.id ?? nearest(id, [...patrol.watches.keys()])
  throw new Refusal(404, `there is no check '${id}'`, close ? { hint: `did you mean ${close}?` } : {})
}

const filters = ['status', 'group', 'sla', 'type', 'host', 'name'] as const

/** Every filter that is given must fit. */
function chosen({ patrol, now }: Served, query: URLSearchParams): CheckView[] {
  for (const key of query.keys()) {
    if (!filters.some(filter => filter === key)) {
      const close = nearest(key, filters)
      throw new OpsError('E_USAGE', `there is no filter '${key}'`, {
        hint: close ? `did you mean ${close}?` : `there are ${filters.join(', ')}`,
      })
    }
  }
  for (const [filter, known] of [
    ['status', statuses],
    ['sla', slaClasses],
  ] as const)
    refuseUnknown(query, filter, known)
  const at = now()
  const views = [...patrol.told()].map(watch => viewOf(watch, at))
  return views.filter(view => filters.every(filter => !query.has(filter) || query.getAll(filter).includes(view[filter] ?? '')))
}

function refuseUnknown(query: URLSearchParams, filter: string, known: readonly string[]): void {
  const unknown = query.getAll(filter).find(value => !known.includes(value))
  if (unknown !== undefined)
    throw new OpsError('E_USAGE', `there is no ${filter} '${unknown}'`, { hint: `there are ${known.join(', ')}` })
}

function limitOf(query: URLSearchParams): number {
  const unknown = [...query.keys()].find(key => key !== 'limit')
  if (unknown !== undefined) throw new OpsError('E_USAGE', `there is no filter '${unknown}'`, { hint: 'there is limit' })
  const limit = Number(query.get('limit') ?? 100)
  if (Number.isInteger(limit) && limit > 0 && limit <= 10_000) return limit
  throw new OpsError('E_USAGE', `limit must be a whole number from 1 to 10000, not '${query.get('limit')}'`)
}

/** `?status=fail&message=…`, or the message as the body. */
async function beatOf(
  request: { readonly query: URLSearchParams; body(maxBytes: number): Promise<Uint8Array> },
  at: number,
): Promise<Heartbeat> {
  const status = request.query.get('status') ?? 'ok'
  if (status !== 'ok' && status !== 'fail') throw new OpsError('E_USAGE', `status must be ok or fail, not '${status}'`)
  const told = request.query.get('message') ?? Buffer.from(await request.body(maxBeatBytes)).toString('utf8')
  const message = told.trim().slice(0, 500)
  return { at, ...(message && { message }), ...(status === 'fail' && { isFailure: true as const }) }
}
