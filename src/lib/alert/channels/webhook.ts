import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Alert, ChannelPlace, Delivery } from '../../core/alert.ts'
import { defineChannel } from '../../core/component.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField, secretOr } from '../../core/secret-field.ts'
import { tlsParams, urlField } from '../../net/http/request-params.ts'
import { RequestSecrets } from '../../net/http/request-secrets.ts'
import type { Field } from '../../net/http1/field.ts'
import { headersField } from '../http-params.ts'
import { post } from '../post.ts'
import { headersOf } from '../secrets.ts'

const params = z.strictObject({
  url: secretOr(urlField()).describe('where to POST; { file: … } or { env: … } when it is a secret'),
  headers: headersField(),
  bearer: secretField().optional().describe('a token, as { file: … } or { env: … }'),
  sign: secretField()
    .optional()
    .describe('a secret with which the body is signed: `x-opsctl-signature: sha256=…`, HMAC-SHA256 in hexadecimal digits'),
  ...tlsParams,
})

export default defineChannel({
  type: 'webhook',
  version: '1.0.0',
  summary: 'POST of the alert as JSON',
  stability: 'beta',
  schema: jsonSchemaOf(params),
  example: { url: 'https://hooks.example.com/opsctl', headers: { 'x-team': '${labels.team}' } },
  build(config) {
    const parsed = parseParams(params, config)
    return {
      title: `webhook ${parsed.url instanceof URL ? parsed.url.host : 'at a secret address'}`,
      send: (alert, place) => send(alert, { place, params: parsed }),
    }
  },
})

interface Sending {
  readonly place: ChannelPlace
  readonly params: z.output<typeof params>
}

async function send(alert: Alert, { place, params: { url: asked, headers, bearer, sign, ...tls } }: Sending): Promise<Delivery> {
  const secrets = new RequestSecrets(place)
  const url = asked instanceof URL ? asked : await secrets.url(asked)
  const body = Buffer.from(JSON.stringify({ version: 1, ...alert }))
  const fields: Field[] = await headersOf(headers, { alert, secrets })
  if (bearer) fields.push(['authorization', `Bearer ${await secrets.read(bearer)}`])
  if (sign)
    fields.push([
      'x-opsctl-signature',
      `sha256=${createHmac('sha256', await secrets.read(sign))
        .update(body)
        .digest('hex')}`,
    ])
  return post(place, { url, headers: fields, body, tls, secrets: secrets.values })
}
