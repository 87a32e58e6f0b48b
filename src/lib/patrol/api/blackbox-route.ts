import { type Route, route } from '../../net/server/router.ts'
import type { BlackboxProbes } from '../blackbox/index.ts'

/** `/probe?target=&module=`: as blackbox_exporter answers it. */
export const blackboxRoute = (probes: BlackboxProbes): Route =>
  route({
    method: 'GET',
    path: '/probe',
    handler: async ({ query, headers, signal }) => {
      const { status, contentType, body } = await probes.answer({ query, headers, signal })
      return { status, headers: { 'content-type': contentType }, body }
    },
  })
