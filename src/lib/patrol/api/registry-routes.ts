import { nearest } from '../../core/nearest.ts'
import { Refusal } from '../../net/server/refusal.ts'
import { type Route, route } from '../../net/server/router.ts'
import type { ServerRequest } from '../../net/server/server-request.ts'
import { jsonResponse } from '../../net/server/server-response.ts'
import type { RegisteredProbe } from '../registry/registered-probe.ts'
import type { Registry } from '../registry/registry.ts'
import type { Reloader } from '../reloader.ts'

const maxBytes = 256 * 1024

/** `/api/v1/probes`: which probes there are, and their life at run time. */
export function registryRoutes(registry: Registry, reloader: Reloader): Route[] {
  const changed = { status: 204 } as const
  return [
    route({ method: 'GET', path: '/api/v1/probes', handler: async () => jsonResponse({ probes: registry.probes }) }),
    route({
      method: 'GET',
      path: '/api/v1/probes/:name',
      handler: async (request, { name }) => {
        const probe = known(registry, name)
        const definition = (await mayChange(request)) ? registry.definition(name) : undefined
        return jsonResponse({ ...probe, ...(definition !== undefined && { definition }) }, { headers: tagOf(probe) })
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v1/probes/:name',
      handler: async (request, { name }) => {
        const text = textOf(await request.body(maxBytes))
        const outcome = await registry.put({ name, text, source: 'api' }, before => demandMatch(request, before))
        const tag = tagOf(registry.probe(name))
        if (outcome === 'replaced') return { ...changed, headers: tag }
        return { status: 201, headers: { ...tag, location: `/api/v1/probes/${encodeURIComponent(name)}` } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/probes/:name',
      handler: async (request, { name }) => {
        if (registry.definition(name) === undefined) known(registry, name, 'loaded')
        await registry.remove(name, before => demandMatch(request, before))
        return changed
      },
    }),
    ...([true, false] as const).map(isOn =>
      route({
        method: 'POST',
        path: isOn ? '/api/v1/probes/:name/enable' : '/api/v1/probes/:name/disable',
        handler: async (_, { name }) => {
          known(registry, name, 'loaded')
          await registry.switch(name, isOn)
          return changed
        },
      }),
    ),
    route({
      method: 'POST',
      path: '/api/v1/reload',
      handler: async () => {
        await reloader.reload()
        return changed
      },
    }),
  ]
}

/** @throws Refusal 404 for one that is unregistered, or unloaded where it must be loaded */
function known(registry: Registry, name: string, must: 'be known' | 'loaded' = 'be known'): RegisteredProbe {
  const probe = registry.probe(name)
  if (probe && (must === 'be known' || probe.state !== 'unloaded')) return probe
  const close = nearest(
    name,
    registry.probes.flatMap(({ name: other, state }) => (state === 'unloaded' ? [] : [other])),
  )
  const state = probe ? 'is not loaded' : 'is not registered'
  throw new Refusal(404, `a probe '${name}' ${state}`, close && close !== name ? { hint: `did you mean ${close}?` } : {})
}

/** What was written of a probe is shown to those only who may write it: it may hold more than they should know. */
async function mayChange(request: ServerRequest): Promise<boolean> {
  try {
    await request.demand('change')
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal(400, 'the body is not UTF-8 text')
  }
}

/** RFC 9110, section 13. @throws Refusal 412 where the probe is not the one that the client has seen */
function demandMatch({ headers }: ServerRequest, before: RegisteredProbe | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  const now = before && before.state !== 'unloaded' ? tagOf(before).etag : undefined
  const isIn = (tags: string): boolean =>
    now !== undefined && (tags.trim() === '*' || tags.split(',').some(tag => tag.trim() === now))
  if (match !== undefined && !isIn(match)) throw new Refusal(412, now ? `the probe is ${now} now` : 'there is no such probe')
  if (noneMatch !== undefined && isIn(noneMatch)) throw new Refusal(412, `the probe is there already, as ${now}`)
}

const tagOf = (probe: RegisteredProbe | undefined): { readonly etag: string } | Record<string, never> =>
  probe?.version === undefined ? {} : { etag: `"${probe.version}"` }
