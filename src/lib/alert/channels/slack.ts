import { z } from 'zod'
import type { Alert } from '../../core/alert.ts'
import { defineChannel } from '../../core/component.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { secretField } from '../../core/secret-field.ts'
import { tlsParams } from '../../net/http/request-params.ts'
import { RequestSecrets } from '../../net/http/request-secrets.ts'
import { post } from '../post.ts'
import { shortened } from '../shortened.ts'

const params = z.strictObject({
  url: secretField().describe('where the URL of an incoming webhook stands: { file: … } or { env: … }'),
  name: z.string().min(1).optional().describe('what the channel is called there, for people: `#operations`'),
  ...tlsParams,
})

export default defineChannel({
  type: 'slack',
  version: '1.0.0',
  summary: 'message to a Slack channel by an incoming webhook',
  stability: 'beta',
  schema: jsonSchemaOf(params),
  example: { url: { file: '/etc/opsctl/slack.url' }, name: '#operations' },
  build(config) {
    const { url: reference, name, ...tls } = parseParams(params, config)
    return {
      title: name === undefined ? 'Slack' : `Slack ${name}`,
      async send(alert, place) {
        const secrets = new RequestSecrets(place)
        const url = await secrets.url(reference)
        const body = Buffer.from(JSON.stringify(messageOf(alert)))
        return post(place, { url, headers: [], body, tls, secrets: secrets.values })
      },
    }
  },
})

const colours = { critical: '#d32f2f', warning: '#f9a825', info: '#1976d2' } as const
const signs = { critical: '🔴', warning: '🟡', info: '🔵' } as const
/** Limits of Block Kit (https://docs.slack.dev/reference/block-kit/blocks). */
const most = { header: 150, section: 3000, field: 2000, fields: 10, text: 3000, url: 3000 } as const

/** Text for notifications, and blocks beside a line in the colour of the severity. */
function messageOf(alert: Alert): Json {
  const { status, severity, summary } = alert
  const isOver = status === 'resolved'
  const heading = isOver ? `✅ resolved: ${summary}` : `${signs[severity]} ${severity}: ${summary}`
  return {
    text: escaped(shortened(heading, most.text)),
    attachments: [{ color: isOver ? '#2e7d32' : colours[severity], blocks: blocksOf(alert, heading) }],
  }
}

function blocksOf(alert: Alert, heading: string): Json[] {
  const { detail, labels, reason, incident, startedAt, endedAt } = alert
  const header = { type: 'header', text: { type: 'plain_text', text: shortened(heading, most.header), emoji: true } }
  const facts = Object.entries({ ...labels, ...(reason && { reason }) }).slice(0, most.fields)
  const since = `${incident} since ${startedAt}${endedAt === undefined ? '' : `, until ${endedAt}`}`
  return [
    header,
    ...(detail ? [{ type: 'section', text: markdown(quoted(detail)) }] : []),
    ...(facts.length > 0 ? [{ type: 'section', fields: facts.map(fieldOf) }] : []),
    ...buttonsOf(alert),
    { type: 'context', elements: [markdown(escaped(shortened(since, most.field)))] },
  ]
}

const markdown = (text: string): Json => ({ type: 'mrkdwn', text })

function fieldOf([name, value]: [string, string]): Json {
  return markdown(`*${escaped(shortened(name, 100))}*\n${escaped(shortened(value === '' ? '-' : value, 300))}`)
}

/** As it is, without the marks of Slack; escaping makes a text up to five times as long. */
function quoted(detail: string): string {
  const plain = detail.replaceAll('```', "'''")
  const cut = shortened(plain, most.section - 10)
  const text = escaped(cut)
  return `\`\`\`${text.length <= most.section - 10 ? text : escaped(shortened(plain, Math.floor((most.section - 10) / 5)))}\`\`\``
}

function buttonsOf({ runbook, link, severity, status }: Alert): Json[] {
  const isUrgent = severity === 'critical' && status === 'firing'
  const buttons = [
    ...button('Runbook', runbook).map(each => ({ ...each, ...(isUrgent && { style: 'primary' }) })),
    ...button('Details', link),
  ]
  return buttons.length > 0 ? [{ type: 'actions', elements: buttons }] : []
}

function button(text: string, url: string | undefined) {
  if (url === undefined || url.length > most.url || !URL.canParse(url)) return []
  return [{ type: 'button', text: { type: 'plain_text', text }, url, action_id: `opsctl-${text.toLowerCase()}` }]
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
