import { acceptedType } from '../server/accepts.ts'
import { type Route, route } from '../server/router.ts'
import { expositionPieces, expositionText, expositionTypes } from './exposition-text.ts'
import type { Family } from './family.ts'

/** `/metrics`: made when it is asked for, in the form that the scraper likes best. */
export const metricsRoute = (families: () => readonly Family[] | Promise<readonly Family[]>): Route =>
  route({
    method: 'GET',
    path: '/metrics',
    handler: async ({ headers }) => {
      const type = acceptedType(headers['accept'], [expositionTypes.text, expositionTypes.openmetrics])
      const form = type === expositionTypes.openmetrics ? 'openmetrics' : 'text'
      const all = await families()
      const isMuch = all.some(({ written }) => written !== undefined)
      const body = isMuch ? inTurn(expositionPieces(all, form)) : expositionText(all, form)
      return { headers: { 'content-type': expositionTypes[form] }, body }
    },
  })

/** Each is made when the one before is on its way. */
async function* inTurn(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces
}
