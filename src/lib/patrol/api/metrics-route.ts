import { acceptedType } from '../../net/server/accepts.ts'
import { type Route, route } from '../../net/server/router.ts'
import { expositionBytes, expositionTypes } from '../exposition/exposition-text.ts'
import type { Family } from '../exposition/family.ts'

/** `/metrics`: made when it is asked for, in the form that the scraper likes best. */
export const metricsRoute = (families: () => readonly Family[]): Route =>
  route({
    method: 'GET',
    path: '/metrics',
    handler: async ({ headers }) => {
      const type = acceptedType(headers['accept'], [expositionTypes.text, expositionTypes.openmetrics])
      const form = type === expositionTypes.openmetrics ? 'openmetrics' : 'text'
      return { headers: { 'content-type': expositionTypes[form] }, body: expositionBytes(families(), form) }
    },
  })
