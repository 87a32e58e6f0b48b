import { z } from 'zod'
import { type Alert, type AlertSeverity, alertSeverities, type ChannelPlace } from '../../core/alert.ts'
import { rfc3339 } from '../../core/clock.ts'
import { defineChannel } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField } from '../../core/secret-field.ts'
import { tlsParams, urlField } from '../../net/http/request-params.ts'
import { RequestSecrets } from '../../net/http/request-secrets.ts'
import type { Field } from '../../net/http1/field.ts'
import { headersField } from '../http-params.ts'
import { post } from '../post.ts'
import { headersOf } from '../secrets.ts'

const leastTimeoutMs = 10_000

const params = z.strictObject({
  url: urlField().describe('of the Alertmanager, without /api: https://alertmanager.example.com'),
  resolve_timeout: durationField()
    .refine(ms => ms >= leastTimeoutMs && ms <= 86_400_000, 'is not between 10s and 1d')
    .prefault('5m')
    .describe('an alert that was not told again for so long is over there; it is told three times as often'),
  headers: headersField(),
  bearer: secretField().optional().describe('a token, as { file: … } or { env: … }'),
  ...tlsParams,
})

type Params = z.output<typeof params>

export default defineChannel({
  type: 'alertmanager',
  version: '1.0.0',
  summary: 'alert of a Prometheus Alertmanager, by its API v2',
  stability: 'beta',
  schema: jsonSchemaOf(params),
  example: { url: 'https://alertmanager.example.com:9093' },
  build(config) {
    const parsed = parseParams(params, config)
    const { url: base, resolve_timeout: timeoutMs, headers, bearer, ...tls } = parsed
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/api/v2/alerts${base.search}`, base)
    return {
      title: `Alertmanager at ${url.host}`,
      resendMs: Math.floor(timeoutMs / 3),
      async send(alert, place) {
        const secrets = new RequestSecrets(place)
        const fields: Field[] = await headersOf(headers, { alert, secrets })
        if (bearer) fields.push(['authorization', `Bearer ${await secrets.read(bearer)}`])
        const body = Buffer.from(JSON.stringify(alertsOf(alert, { place, timeoutMs })))
        return post(place, { url, headers: fields, body, tls, secrets: secrets.values })
      },
    }
  },
})

interface Telling {
  readonly place: Pick<ChannelPlace, 'clock' | 'earlier'>
  readonly timeoutMs: Params['resolve_timeout']
}

/**
 * An alert is known there by its labels, and the severity is one of them: what was told at another severity is another alert, which ends
 * when this one takes its place.
 */
function alertsOf(alert: Alert, { place: { clock, earlier }, timeoutMs }: Telling): Json {
  // An end before the begin is refused, also when it is a clock that was set back.
  const nowMs = Math.max(clock.now(), Date.parse(alert.startedAt) || 0)
  const over = alert.endedAt ?? rfc3339(nowMs)
  if (alert.status === 'resolved') {
    const told = earlier.length > 0 ? earlier : [alert.severity]
    return told.map(severity => one(alert, { severity, endsAt: over }))
  }
  const replaced = alertSeverities.filter(severity => severity !== alert.severity && earlier.includes(severity))
  return [
    one(alert, { severity: alert.severity, endsAt: rfc3339(nowMs + timeoutMs) }),
    ...replaced.map(severity => one(alert, { severity, endsAt: rfc3339(nowMs) })),
  ]
}

function one(alert: Alert, { severity, endsAt }: { readonly severity: AlertSeverity; readonly endsAt: string }): Json {
  const { labels, incident, summary, detail, reason, runbook, link, startedAt } = alert
  const own = Object.entries(labels).filter(([, value]) => value !== '')
  return {
    labels: {
      alertname: labels['check'] || reason || 'opsctl',
      ...Object.fromEntries(own.map(([name, value]) => [labelName(name), value])),
      incident,
      severity,
    },
    annotations: {
      summary,
      ...(detail !== undefined && detail !== '' && { description: detail }),
      ...(reason !== undefined && { reason }),
      ...(runbook !== undefined && { runbook_url: runbook }),
    },
    startsAt: startedAt,
    endsAt,
    ...(link !== undefined && URL.canParse(link) && { generatorURL: link }),
  }
}

/** https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels */
const labelName = (name: string): string => name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_')
