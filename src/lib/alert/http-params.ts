import { z } from 'zod'
import { isSecret, secretOr } from '../core/secret-field.ts'
import { webUrlField } from '../core/web-url-field.ts'
import { isFieldValue, isToken } from '../net/http1/field.ts'
import { parseTemplate, type Template } from './template.ts'

const file = (what: string) => z.string().min(1).optional().describe(what)

/** How a server proves who it is, and who we are: in files, which are read for every attempt. */
export const tlsParams = {
  server_name: z.string().min(1).optional().describe('the name that the certificate must be for; that of the URL when absent'),
  ca: file("PEM file with the authorities to trust, in place of the system's"),
  cert: file('PEM file with our certificate, and those above it'),
  key: file('PEM file with the key of our certificate'),
}

export type TlsParams = z.output<z.ZodObject<typeof tlsParams>>

export const urlField = () => webUrlField({ schemes: ['http', 'https'], what: 'web address', credentials: 'bearer or headers' })

const ours = /^(host|content-length|content-type|transfer-encoding|connection|expect|idempotency-key)$/i

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

const headerText = z
  .string()
  .refine(isFieldValue, 'holds a line break or a control character')
  .superRefine((value, context) => {
    const message = templateProblem(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: value })
  })

/** Headers of a request, by name. */
export const headersField = () =>
  z
    .record(z.string(), secretOr(headerText))
    .superRefine((values, context) => {
      for (const [name, value] of Object.entries(values)) {
        const message = headerProblem(name, isSecret(value))
        if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message, input: value })
      }
    })
    .default({})
    .describe('values are texts with ${severity}, ${labels.team} and the like, or secrets as { file: … } or { env: … }')

function headerProblem(name: string, isHidden: boolean): string | undefined {
  if (!isToken(name)) return 'this can not be the name of a header'
  if (ours.test(name)) return 'opsctl says this header itself'
  if (!isHidden && /^(proxy-)?authorization$/i.test(name)) return 'this holds a secret: write { file: … } or { env: … }'
  return undefined
}
