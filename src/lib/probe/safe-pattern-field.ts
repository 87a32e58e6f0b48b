import { z } from 'zod'
import { type Pattern, parsePattern } from './assert/pattern.ts'

/** A regular expression (RE2), which takes time in proportion to the text whatever a server sends. */
export const safePatternField = () =>
  z.string().transform((value, context): Pattern | typeof z.NEVER => {
    try {
      return parsePattern(value)
    } catch (error) {
      const message = `is no regular expression: ${error instanceof Error ? error.message : error}`
      context.issues.push({ code: 'custom', message, input: value })
      return z.NEVER
    }
  })
