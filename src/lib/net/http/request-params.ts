import { z } from 'zod'
import { isSecret, secretOr } from '../../core/secret-field.ts'
import { webUrlField } from '../../core/web-url-field.ts'
import { isFieldValue, isToken } from '../http1/field.ts'

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

const ours = /^(host|content-length|content-type|content-encoding|transfer-encoding|connection|expect|idempotency-key)$/i

/** Headers of a request, by name; `textProblem` says what is wrong with a text that is no secret. */
export const headersFieldOf = (textProblem: (text: string) => string | undefined = () => undefined) =>
  z
    .record(
      z.string(),
      secretOr(
        z
          .string()
          .refine(isFieldValue, 'holds a line break or a control character')
          .superRefine((value, context) => {
            const message = textProblem(value)
            if (message !== undefined) context.addIssue({ code: 'custom', message, input: value })
          }),
      ),
    )
    .superRefine((values, context) => {
      for (const [name, value] of Object.entries(values)) {
        const message = headerProblem(name, isSecret(value))
        if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message, input: value })
      }
    })
    .default({})

function headerProblem(name: string, isHidden: boolean): string | undefined {
  if (!isToken(name)) return 'this can not be the name of a header'
  if (ours.test(name)) return 'opsctl says this header itself'
  if (!isHidden && /^(proxy-)?authorization$/i.test(name)) return 'this holds a secret: write { file: … } or { env: … }'
  return undefined
}
