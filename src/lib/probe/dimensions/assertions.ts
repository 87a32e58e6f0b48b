import { z } from 'zod'
import { Answer } from '../assert/answer.ts'
import { type AssertionConfig, AssertionSchema, type Broken, brokenText, compileAssertion } from '../assert/assertion.ts'
import { defineDimension } from '../dimension.ts'

/** Whether the answer says what it should: what a business calls correct. */
export const business = assertionsCalled('business')
/** The same under the name that it has elsewhere. */
export const assertions = assertionsCalled('assert')

function assertionsCalled(type: string) {
  return defineDimension({
    type,
    summary: 'the answer says what it should: JSONPath, XPath, CEL, regular expressions, versions, schemas',
    params: z.object({ assert: z.array(AssertionSchema).min(1).describe('all of them must hold') }),
    defaults: { intervalMs: 10_000, timeoutMs: 5_000, retries: 1 },
    compile: ({ assert }: { assert: readonly AssertionConfig[] }) => {
      const compiled = assert.map((config, index) => compileAssertion(config, ['assert', index]))
      return observation => {
        if (observation.failure) return undefined
        const answer = new Answer(observation)
        const broken = compiled.flatMap(assertion => assertion(answer) ?? [])
        const [first, ...more] = broken
        const metrics = { assertions: compiled.length, broken_assertions: broken.length }
        if (!first)
          return {
            verdict: 'pass',
            message: compiled.length === 1 ? 'the assertion holds' : `${compiled.length} assertions hold`,
            metrics,
          }
        const message = `${brokenText(first)}${more.length > 0 ? `; and ${more.length} more` : ''}`
        return { verdict: 'fail', reason: 'content', message, metrics, data: { broken: broken.map(told) } }
      }
    },
  })
}

const told = ({ about, expected, actual, diff }: Broken) => ({ about, expected, actual, ...(diff !== undefined && { diff }) })
