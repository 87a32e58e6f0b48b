import { z } from 'zod'
import { headersFieldOf } from '../net/http/request-params.ts'
import { parseTemplate, type Template } from './template.ts'

/** A text with `${…}`. */
export const templateField = () =>
  z.string().transform((value, context): Template | typeof z.NEVER => {
    const problem = templateProblem(value)
    if (problem === undefined) return parseTemplate(value)
    context.issues.push({ code: 'custom', message: problem, input: value })
    return z.NEVER
  })

function templateProblem(text: string): string | undefined {
  try {
    parseTemplate(text)
    return undefined
  } catch (error) {
    return `is no template: ${error instanceof Error ? error.message : error}`
  }
}

/** Headers of a request, by name. */
export const headersField = () =>
  headersFieldOf(templateProblem).describe(
    'values are texts with ${severity}, ${labels.team} and the like, or secrets as { file: … } or { env: … }',
  )
