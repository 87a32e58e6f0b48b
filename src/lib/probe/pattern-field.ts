import { z } from 'zod'
import { type Pattern, parsePattern } from './assert/pattern.ts'

/** A regular expression as text, the pattern as the value. */
export const patternField = () =>
  z.string().transform((value, context): Pattern | typeof z.NEVER => {
    try {
      return parsePattern(value)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      context.issues.push({ code: 'custom', message: `is no regular expression: ${why}`, input: value })
      return z.NEVER
    }
  })

export const matches = (pattern: Pattern, text: string): boolean => pattern.find(text) !== undefined
