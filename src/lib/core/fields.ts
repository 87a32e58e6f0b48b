import { z } from 'zod'
import { parseDuration } from './duration.ts'
import { OpsError } from './errors.ts'
import { parseSize } from './size.ts'

/** A duration as text, milliseconds as the value: `z` field for flags. Use `.prefault('10s')` for its default. */
export const durationField = () => z.string().transform(parsedBy(parseDuration))

/** A size as text, bytes as the value. */
export const sizeField = () => z.string().transform(parsedBy(parseSize))

/** Makes a parser that throws OpsErrors into a transform whose issues name the flag. */
export function parsedBy<T>(parse: (text: string) => T): (text: string, context: z.core.$RefinementCtx<string>) => T {
  return (text, context) => {
    try {
      return parse(text)
    } catch (error) {
      if (!(error instanceof OpsError)) throw error
      context.issues.push({
        code: 'custom',
        message: error.hint ? `${error.message}: ${error.hint}` : error.message,
        input: text,
      })
      return z.NEVER
    }
  }
}
