import { z } from 'zod'
import { sizeField } from '../../core/fields.ts'
import { isToken } from '../../net/http1/field.ts'
import { secretOr } from '../secret-param.ts'
import { tlsParams } from '../tls-params.ts'
import { headersField, textsField } from './headers-field.ts'
import { webUrlField } from './web-url-field.ts'

const cookieProblem = (name: string): string | undefined => (isToken(name) ? undefined : 'this can not be the name of a cookie')

const auth = z.union([
  z.strictObject({ basic: z.strictObject({ user: z.string(), password: secretOr(z.never()) }) }),
  z.strictObject({ bearer: secretOr(z.never()) }),
  z.strictObject({
    oauth2: z.strictObject({
      token_url: webUrlField({ schemes: ['http', 'https'], what: 'URL of a token', credentials: 'client_secret' }),
      client_id: z.string(),
      client_secret: secretOr(z.never()),
      scopes: z.array(z.string()).default([]),
    }),
  }),
])

/** What a look at a web server may be told. */
export const httpParams = {
  endpoint: webUrlField({ schemes: ['http', 'https'], what: 'web address', credentials: 'auth' }).describe(
    'http:// or https:// URL',
  ),
  method: z.string().refine(isToken, 'is no method').default('GET'),
  headers: headersField(),
  cookies: textsField(cookieProblem).describe('sent to the endpoint alone'),
  body: secretOr(z.string()).optional(),
  body_file: z.string().min(1).optional().describe('file with the body'),
  auth: auth.optional().describe('basic, bearer or oauth2; sent to the endpoint alone, not to where it redirects'),
  redirects: z.int().min(0).max(10).default(5).describe('so many are followed; 0: the first answer counts'),
  version: z
    .enum(['1.1', '2', 'any'])
    .default('1.1')
    .describe('2: nothing else; any: what the server agrees to, the newest first'),
  compression: z
    .enum(['none', 'gzip', 'deflate', 'br', 'zstd', 'any'])
    .default('none')
    .describe('what the server is told that it may use; what is compressed is unpacked in any case'),
  max_body: sizeField().prefault('64MiB').describe('a longer answer fails; of one as long, the first MiB is kept and judged'),
  keep_alive: z
    .boolean()
    .default(false)
    .describe('go on with the connection of an earlier look, as an application with a pool does'),
  address: z
    .string()
    .optional()
    .describe('connect to this address whatever the name resolves to, or all: look at every address of the name'),
  address_family: z.enum(['any', 'ipv4', 'ipv6']).default('any'),
  proxy: secretOr(z.string()).optional().describe('URL of an HTTP proxy; with a password as { file: … } or { env: https_proxy }'),
  ...tlsParams,
}

export type HttpParams = z.output<z.ZodObject<typeof httpParams>>
