import { z } from 'zod'
import { fieldValues } from '../../net/http1/field.ts'
import type { Judged } from '../dimension.ts'
import { defineDimension } from '../dimension.ts'
import { matches, patternField } from '../pattern-field.ts'

const maxShown = 100

/** A header of the answer. Where it comes several times, one of them must be as it should, and none as it should not. */
export const header = defineDimension({
  type: 'header',
  summary: 'a header of the answer is as it should be',
  params: z.object({
    name: z.string().min(1),
    equals: z.string().optional(),
    matches: patternField().optional().describe('regular expression'),
    not_matches: patternField().optional().describe('regular expression; a header that is not there is good'),
    present: z.boolean().optional().describe('false: it must not be there'),
    optional: z.boolean().default(false).describe('good also when it is not there'),
  }),
  defaults: { intervalMs: 10_000, timeoutMs: 3_000, retries: 1 },
  judge({ name, equals, matches: wanted, not_matches: unwanted, present, optional }, { http }) {
    if (!http) return undefined
    const values = fieldValues(http.headers, name.toLowerCase())
    const [value] = values
    if (value === undefined) {
      const mayLack =
        optional || present === false || (unwanted !== undefined && [equals, wanted, present].every(wish => wish === undefined))
      return mayLack ? { verdict: 'pass', message: `there is no header ${name}` } : bad(`there is no header ${name}`)
    }
    const told = `${name} is ${shown(values)}`
    if (present === false) return bad(`${told}, and should not be there`)
    if (equals !== undefined && !values.includes(equals)) return bad(`${told}, not ${JSON.stringify(equals)}`)
    if (wanted && !values.some(each => matches(wanted, each))) return bad(`${told}, which does not match ${wanted.text}`)
    if (unwanted && values.some(each => matches(unwanted, each))) return bad(`${told}, which matches ${unwanted.text}`)
    return { verdict: 'pass', message: told }
  },
})

const bad = (message: string): Judged => ({ verdict: 'fail', reason: 'content', message })

function shown(values: readonly string[]): string {
  const text = values.join(', ')
  return JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text)
}
