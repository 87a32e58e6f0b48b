import { parseYamlDocument } from '../../config/yaml-document.ts'
import { type Route, route } from '../../net/server/router.ts'
import { jsonResponse } from '../../net/server/server-response.ts'
import type { Registry } from '../registry/registry.ts'
import type { Reloader } from '../reloader.ts'

const maxBytes = 256 * 1024

/** `/api/v1/probes`: which probes there are, and their life at run time. */
export function registryRoutes(registry: Registry, reloader: Reloader): Route[] {
  const changed = { status: 204 } as const
  return [
    route({ method: 'GET', path: '/api/v1/probes', handler: async () => jsonResponse({ probes: registry.probes }) }),
    route({
      method: 'PUT',
      path: '/api/v1/probes/:name',
      handler: async (request, { name }) => {
        const text = Buffer.from(await request.body(maxBytes)).toString('utf8')
        const { value } = parseYamlDocument(text, `api ${name}`, 'E_PLAN')
        const definition = typeof value === 'object' && value !== null && !Array.isArray(value) ? { name, ...value } : value
        await registry.put(name, definition, 'api')
        return changed
      },
    }),
    route({
      method: 'DELETE',
      path: '/api/v1/probes/:name',
      handler: async (_, { name }) => {
        await registry.remove(name)
        return changed
      },
    }),
    ...([true, false] as const).map(isOn =>
      route({
        method: 'POST',
        path: isOn ? '/api/v1/probes/:name/enable' : '/api/v1/probes/:name/disable',
        handler: async (_, { name }) => {
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
