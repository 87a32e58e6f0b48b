import { z } from 'zod'
import type { Pattern } from '../assert/pattern.ts'
import type { Judged } from '../dimension.ts'
import { defineDimension } from '../dimension.ts'
import type { BodySeen } from '../observation.ts'
import { matches, patternField } from '../pattern-field.ts'

const texts = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])
const patterns = z.union([patternField(), z.array(patternField()).min(1)])
const bytes = z.int().min(0)
const maxShown = 60

/** What the answer holds. */
export const body = defineDimension({
  type: 'body',
  summary: 'the answer holds what it should',
  params: z.object({
    contains: texts.optional().describe('a text, or several that must all be there'),
    not_contains: texts.optional(),
    matches: patterns.optional().describe('a regular expression, or several that must all match'),
    not_matches: patterns.optional(),
    min_bytes: bytes.optional(),
    max_bytes: bytes.optional(),
  }),
  defaults: { intervalMs: 30_000, timeoutMs: 5_000, retries: 1 },
  judge(params, { failure, body: seen }) {
    if (failure || !seen) return undefined
    const size = sizeOf(seen)
    const metrics = { body_bytes: size }
    const problem = ofSize(params, seen) ?? ofText(params, seen)
    if (problem) return { ...problem, metrics }
    return { verdict: 'pass', message: `${size} bytes${wasText(params) ? ', as they should be' : ''}`, metrics }
  },
})

interface Wishes {
  readonly contains?: string | string[] | undefined
  readonly not_contains?: string | string[] | undefined
  readonly matches?: Pattern | Pattern[] | undefined
  readonly not_matches?: Pattern | Pattern[] | undefined
  readonly min_bytes?: number | undefined
  readonly max_bytes?: number | undefined
}

const bad = (message: string): Judged => ({ verdict: 'fail', reason: 'content', message })

const sizeOf = ({ bytes: held, size = held.length }: BodySeen): number => size

function ofSize({ min_bytes: min, max_bytes: max }: Wishes, seen: BodySeen): Judged | undefined {
  const size = sizeOf(seen)
  if (min !== undefined && size < min) return bad(`the answer has ${size} bytes, fewer than ${min}`)
  if (max !== undefined && size > max) return bad(`the answer has ${size} bytes, more than ${max}`)
  return undefined
}

const wasText = ({ contains, not_contains: lacks, matches: wanted, not_matches: unwanted }: Wishes): boolean =>
  [contains, lacks, wanted, unwanted].some(wish => wish !== undefined)

function ofText(wishes: Wishes, seen: BodySeen): Judged | undefined {
  if (!wasText(wishes)) return undefined
  const { contains = [], not_contains: lacks = [], matches: wanted = [], not_matches: unwanted = [] } = wishes
  const text = new TextDecoder().decode(seen.bytes)
  // What is beyond was not looked at: it may be there, but nobody knows.
  const where = seen.truncated ? `the first ${seen.bytes.length} bytes of the answer` : 'the answer'
  const missing = [contains].flat().find(each => !text.includes(each))
  if (missing !== undefined) return bad(`there is no ${shown(missing)} in ${where}`)
  const found = [lacks].flat().find(each => text.includes(each))
  if (found !== undefined) return bad(`the answer contains ${shown(found)}`)
  const unmatched = [wanted].flat().find(each => !matches(each, text))
  if (unmatched) return bad(`there is nothing in ${where} that matches ${unmatched.text}`)
  const matched = [unwanted].flat().find(each => matches(each, text))
  return matched && bad(`the answer matches ${matched.text}`)
}

const shown = (text: string): string => JSON.stringify(text.length > maxShown ? `${text.slice(0, maxShown)}…` : text)
