import { z } from 'zod'
import type { Alert } from '../../core/alert.ts'
import { defineChannel } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField } from '../../core/secret-field.ts'
import { sha256 } from '../../core/sha256.ts'
import { tlsParams, urlField } from '../../net/http/request-params.ts'
import { RequestSecrets } from '../../net/http/request-secrets.ts'
import { post } from '../post.ts'
import { shortened } from '../shortened.ts'

const params = z.strictObject({
  routing_key: secretField().describe('where the integration key of the service stands: { file: … } or { env: … }'),
  url: urlField()
    .prefault('https://events.pagerduty.com/v2/enqueue')
    .describe('of the Events API v2; in Europe https://events.eu.pagerduty.com/v2/enqueue'),
  ...tlsParams,
})

export default defineChannel({
  type: 'pagerduty',
  version: '1.0.0',
  summary: 'incident of PagerDuty, by its Events API v2',
  stability: 'beta',
  schema: jsonSchemaOf(params),
  example: { routing_key: { file: '/etc/opsctl/pagerduty.key' } },
  build(config) {
    const { routing_key: reference, url, ...tls } = parseParams(params, config)
    return {
      title: `PagerDuty at ${url.host}`,
      async send(alert, place) {
        const secrets = new RequestSecrets(place)
        const routingKey = (await secrets.read(reference)).trim()
        const body = Buffer.from(JSON.stringify({ routing_key: routingKey, ...eventOf(alert) }))
        return post(place, { url, headers: [], body, tls, secrets: secrets.values })
      },
    }
  },
})

/** Limits of the API (https://developer.pagerduty.com/docs/events-api-v2-overview); an event may have 512 KiB in all. */
const most = { summary: 1024, dedupKey: 255, source: 255, detail: 100_000 } as const

/** One incident is one `dedup_key`: a further trigger with it is added to what is open, a resolve ends it. */
function eventOf(alert: Alert): { readonly [key: string]: Json } {
  const key = dedupKeyOf(alert.incident)
  if (alert.status === 'resolved') return { event_action: 'resolve', dedup_key: key }
  return {
    event_action: 'trigger',
    dedup_key: key,
    client: 'opsctl',
    ...(alert.link !== undefined && { client_url: alert.link }),
    links: [
      ...(alert.runbook === undefined ? [] : [{ href: alert.runbook, text: 'Runbook' }]),
      ...(alert.link === undefined ? [] : [{ href: alert.link, text: 'Details' }]),
    ],
    payload: payloadOf(alert),
  }
}

function payloadOf({ summary, severity, labels, reason, detail, startedAt, incident, runbook }: Alert): Json {
  const { host, service, group } = labels
  return {
    summary: shortened(summary, most.summary),
    // Its own words happen to be ours: info, warning and critical.
    severity,
    source: shortened(host || service || incident, most.source),
    timestamp: startedAt,
    ...(service && { component: service }),
    ...(group && { group }),
    ...(reason && { class: reason }),
    custom_details: {
      incident,
      ...labels,
      ...(reason && { reason }),
      ...(runbook !== undefined && { runbook }),
      ...(detail !== undefined && { detail: shortened(detail, most.detail) }),
    },
  }
}

const dedupKeyOf = (incident: string): string =>
  incident.length <= most.dedupKey ? incident : `sha256-${sha256().update(incident).digest('hex')}`
