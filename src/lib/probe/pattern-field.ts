import { z } from 'zod'

/** A regular expression (ECMAScript, with the flag `u`) as text, the expression as the value. */
export const patternField = () =>
  z.string().transform((value, context): RegExp | typeof z.NEVER => {
    try {
      return new RegExp(value, 'u')
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : ''
      context.issues.push({ code: 'custom', message: `is no regular expression: ${why}`, input: value })
      return z.NEVER
    }
  })
