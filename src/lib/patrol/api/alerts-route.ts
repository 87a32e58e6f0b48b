import type { Alerting } from '../../alert/index.ts'
import { type Route, route } from '../../net/server/router.ts'
import { jsonResponse } from '../../net/server/server-response.ts'

/** `/api/v1/alerts`: how the channels are, and what somebody is still to be told. */
export const alertsRoute = (alerting: Alerting): Route =>
  route({
    method: 'GET',
    path: '/api/v1/alerts',
    handler: async () => jsonResponse({ channels: alerting.status(), pending: alerting.pending() }),
  })
