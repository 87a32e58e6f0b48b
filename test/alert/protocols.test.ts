import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import pagerduty from '../../src/lib/alert/channels/pagerduty.ts'
import slack from '../../src/lib/alert/channels/slack.ts'
import webhook from '../../src/lib/alert/channels/webhook.ts'
import type { Alert, ChannelPlace } from '../../src/lib/core/alert.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { TestAuthority } from '../helpers/certificates.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { firing, resolved } from './opened.ts'
import { type Answering, Receiver } from './receiver.ts'

const secrets: Readonly<Record<string, string>> = {
  PAGERDUTY_KEY: '0123456789abcdef0123456789abcdef',
  TOKEN: 'bearer-token-of-the-shop',
  SIGNING: 'signing-secret',
}

const placeOf = (over: Partial<ChannelPlace> & { readonly secrets?: Readonly<Record<string, string>> } = {}): ChannelPlace => ({
  clock: systemClock,
  signal: AbortSignal.timeout(20_000),
  key: 'prb-1:firing.critical',
  earlier: [],
  shared: new SharedThings(),
  secret: async reference => ('env' in reference ? ({ ...secrets, ...over.secrets }[reference.env] ?? '') : ''),
  ...over,
})

const full: Alert = firing('prb-1', {
  detail: 'GET https://shop.example.com/health\n503 <Service> & co',
  runbook: 'https://wiki.example.com/shop',
  link: 'https://opsctl.example.com/i/prb-1',
})

/**
 * Takes what incoming webhooks take, by https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and the limits of
 * https://docs.slack.dev/reference/block-kit/blocks: `invalid_payload` and the like with 400, else `ok`.
 */
const likeSlack: Answering = ({ body, path }, response) => {
  const problem = path === '/services/T0/B0/xyzxyzxyzxyz' ? slackProblem(body) : 'no_service'
  response.writeHead(problem === undefined ? 200 : problem === 'no_service' ? 404 : 400).end(problem ?? 'ok')
}

interface Block {
  readonly type: string
  readonly text?: { readonly type: string; readonly text: string }
  readonly fields?: readonly { readonly text: string }[]
  readonly elements?: readonly {
    readonly type: string
    readonly url?: string
    readonly text: unknown
    readonly action_id?: string
  }[]
}

function slackProblem(body: Readonly<Record<string, unknown>>): string | undefined {
  const { text, attachments } = body as { text?: string; attachments?: { color: string; blocks: Block[] }[] }
  if (typeof text !== 'string' || text.length === 0 || text.length > 40_000) return 'no_text'
  if (!attachments || attachments.length > 100) return 'too_many_attachments'
  for (const { blocks } of attachments) {
    if (blocks.length > 50) return 'invalid_blocks'
    for (const block of blocks) if (!isBlock(block)) return `invalid_blocks: ${block.type}`
  }
  return undefined
}

function isBlock({ type, text, fields, elements }: Block): boolean {
  if (type === 'header') return text?.type === 'plain_text' && text.text.length >= 1 && text.text.length <= 150
  if (type === 'context') return (elements?.length ?? 0) >= 1 && (elements?.length ?? 0) <= 10
  if (type === 'actions') return elements?.every(each => each.type === 'button' && (each.url?.length ?? 0) <= 3000) ?? false
  if (type !== 'section') return false
  const isText = text !== undefined && text.text.length >= 1 && text.text.length <= 3000
  const areFields = fields !== undefined && fields.length <= 10 && fields.every(each => each.text.length <= 2000)
  return isText || areFields
}

describe('Slack', () => {
  const channel = slack.build({ url: { env: 'SLACK_URL' }, name: '#operations' })
  async function send(
    alert: Alert,
  ): Promise<{ readonly delivery: unknown; readonly body: Readonly<Record<string, unknown>> | undefined }> {
    await using receiver = await Receiver.start()
    receiver.answer = likeSlack
    const url = `http://127.0.0.1:${receiver.port}/services/T0/B0/xyzxyzxyzxyz`
    const delivery = await channel.send(alert, placeOf({ secrets: { SLACK_URL: url } }))
    return { delivery, body: receiver.all[0]?.body }
  }

  test('gets a text, blocks in the colour of the severity, and a button to the runbook', async () => {
    const { delivery, body } = await send(full)
    expect(delivery).toEqual({ result: 'delivered' })
    expect(body).toMatchObject({
      text: '🔴 critical: prb-1: 503 Service Unavailable, expected 200',
      attachments: [
        {
          color: '#d32f2f',
          blocks: [
            { type: 'header' },
            {
              type: 'section',
              text: { type: 'mrkdwn', text: '```GET https://shop.example.com/health\n503 &lt;Service&gt; &amp; co```' },
            },
            {
              type: 'section',
              fields: [
                { text: '*service*\nshop' },
                { text: '*team*\nshop' },
                { text: '*env*\nprod' },
                { text: '*reason*\nstatus' },
              ],
            },
            { type: 'actions', elements: [{ url: full.runbook, style: 'primary' }, { url: full.link }] },
            { type: 'context' },
          ],
        },
      ],
    })
  })

  test('is told of the end in green', async () => {
    const { body } = await send(resolved('prb-1'))
    expect(body).toMatchObject({
      text: '✅ resolved: prb-1: 503 Service Unavailable, expected 200',
      attachments: [{ color: '#2e7d32' }],
    })
  })

  test('takes an alert of any length, and mentions nobody that an alert names', async () => {
    const labels = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`label${n}`, '<!channel>'.repeat(500)]))
    const long = {
      ...full,
      labels,
      summary: `<!channel> ${'x'.repeat(9000)}`,
      detail: '<!here>&'.repeat(5000),
      runbook: `https://x.example/${'y'.repeat(5000)}`,
    }
    const { delivery, body } = await send(long)
    expect(delivery).toEqual({ result: 'delivered' })
    expect(
      JSON.stringify(
        (body as { attachments: { blocks: Block[] }[] }).attachments[0]?.blocks.filter(({ type }) => type !== 'header'),
      ),
    ).not.toContain('<!')
    expect(body?.['text']).not.toContain('<!')
  })

  test('that knows no such webhook refuses, and its address is not told', async () => {
    await using receiver = await Receiver.start()
    receiver.answer = likeSlack
    const SLACK_URL = `http://127.0.0.1:${receiver.port}/services/T0/B0/other-secret-part`
    const delivery = await channel.send(full, placeOf({ secrets: { SLACK_URL } }))
    expect(delivery).toEqual({ result: 'refused', message: `127.0.0.1:${receiver.port}: answered 404: no_service` })
  })

  test('is tried later where its address can not be read, or is none', async () => {
    expect(
      await channel.send(full, placeOf({ secrets: { SLACK_URL: 'xoxb-this-is-no-url' } })).catch((error: Error) => error.message),
    ).toBe('the variable SLACK_URL holds no https:// URL')
  })
})

/** Takes what the Events API v2 takes, by https://developer.pagerduty.com/docs/events-api-v2-overview: 202, or 400 with what is wrong. */
const likePagerDuty: Answering = ({ body, text }, response) => {
  const errors = pagerDutyErrors(body, text)
  const answer =
    errors.length === 0
      ? { status: 'success', message: 'Event processed', dedup_key: body['dedup_key'] }
      : { status: 'invalid event', message: 'Event object is invalid', errors }
  response.writeHead(errors.length === 0 ? 202 : 400).end(JSON.stringify(answer))
}

interface Event {
  readonly routing_key?: string
  readonly event_action?: string
  readonly dedup_key?: string
  readonly payload?: Readonly<Record<string, string>>
  readonly links?: readonly { readonly href: string }[]
}

function pagerDutyErrors(body: Event, text: string): string[] {
  const { routing_key, event_action = '', dedup_key, payload = {}, links = [] } = body
  const errors: string[] = []
  const demand = (holds: boolean, error: string): void => void (holds || errors.push(error))
  demand(String(routing_key).length === 32, 'routing_key must be 32 characters')
  demand(['trigger', 'acknowledge', 'resolve'].includes(event_action), 'event_action is unknown')
  demand(String(dedup_key).length <= 255 && dedup_key !== '', 'dedup_key is too long')
  demand(Buffer.byteLength(text) <= 512 * 1024, 'too large')
  if (event_action !== 'trigger') return errors
  const { summary, source, severity, timestamp } = payload
  demand(Boolean(summary) && String(summary).length <= 1024, "'payload.summary' is missing or too long")
  demand(Boolean(source), "'payload.source' is missing or blank")
  demand(['critical', 'error', 'warning', 'info'].includes(String(severity)), "'payload.severity' is unknown")
  demand(timestamp === undefined || !Number.isNaN(Date.parse(timestamp)), "'payload.timestamp' is no time")
  demand(
    links.every(({ href }) => URL.canParse(href)),
    'a link is no URL',
  )
  return errors
}

describe('PagerDuty', () => {
  async function send(alert: Alert, key = 'PAGERDUTY_KEY') {
    await using receiver = await Receiver.start()
    receiver.answer = likePagerDuty
    const channel = pagerduty.build({ routing_key: { env: key }, url: receiver.url })
    return { delivery: await channel.send(alert, placeOf()), body: receiver.all[0]?.body }
  }

  test('gets an event that it takes, under one key for the whole incident', async () => {
    const { delivery, body } = await send(full)
    expect(delivery).toEqual({ result: 'delivered' })
    expect(body).toEqual({
      routing_key: secrets['PAGERDUTY_KEY'],
      event_action: 'trigger',
      dedup_key: 'prb-1',
      client: 'opsctl',
      client_url: full.link,
      links: [
        { href: full.runbook, text: 'Runbook' },
        { href: full.link, text: 'Details' },
      ],
      payload: {
        summary: 'prb-1: 503 Service Unavailable, expected 200',
        severity: 'critical',
        source: 'shop',
        timestamp: '2026-03-29T01:30:00.000Z',
        component: 'shop',
        class: 'status',
        custom_details: {
          incident: 'prb-1',
          service: 'shop',
          team: 'shop',
          env: 'prod',
          reason: 'status',
          runbook: full.runbook,
          detail: full.detail,
        },
      },
    })
    expect((await send(resolved('prb-1'))).body).toEqual({
      routing_key: secrets['PAGERDUTY_KEY'],
      event_action: 'resolve',
      dedup_key: 'prb-1',
    })
  })

  test('takes an alert of any length', async () => {
    const long = { ...full, incident: 'prb-'.repeat(200), summary: 'x'.repeat(9000), detail: 'y'.repeat(1_000_000) }
    const [begun, over] = [await send(long), await send({ ...long, status: 'resolved' })]
    expect([begun.delivery, over.delivery]).toEqual([{ result: 'delivered' }, { result: 'delivered' }])
    expect(begun.body?.['dedup_key']).toBe(over.body?.['dedup_key'] as never)
  })

  test('that refuses an event says why, and the key is not told', async () => {
    const { delivery } = await send(full, 'TOKEN')
    expect(delivery).toMatchObject({ result: 'refused', message: expect.stringContaining('routing_key must be 32 characters') })
    expect(JSON.stringify(delivery)).not.toContain(secrets['TOKEN'] ?? '')
  })
})

describe('a webhook', () => {
  async function send(config: object, alert = full) {
    await using receiver = await Receiver.start()
    const channel = webhook.build({ url: receiver.url, ...config })
    return { delivery: await channel.send(alert, placeOf()), received: receiver.all[0] }
  }

  test('gets the alert with the version of its form, and a key that is the same for every attempt', async () => {
    const { received } = await send({})
    expect(received?.body).toEqual({ version: 1, ...full })
    expect(received?.headers['idempotency-key']).toBe('prb-1:firing.critical')
  })

  test('gets headers with what the alert says, and with secrets', async () => {
    const headers = {
      'x-team': 'team ${labels.team}, ${severity}',
      'x-none': '[${labels.none}]',
      'x-line': '${summary}',
      'x-key': { env: 'TOKEN' },
    }
    const { received } = await send({ headers, bearer: { env: 'TOKEN' } }, { ...full, summary: 'a\r\nx-forged: 1 ü' })
    expect(received?.headers).toMatchObject({
      ...{ 'x-team': 'team shop, critical', 'x-none': '[]', 'x-line': 'a x-forged: 1', 'x-key': secrets['TOKEN'] },
      authorization: `Bearer ${secrets['TOKEN']}`,
    })
    expect(received?.headers).not.toHaveProperty('x-forged')
  })

  test('can know by the signature that it is from us', async () => {
    const { received } = await send({ sign: { env: 'SIGNING' } })
    const expected = createHmac('sha256', 'signing-secret')
      .update(received?.text ?? '')
      .digest('hex')
    expect(received?.headers['x-opsctl-signature']).toBe(`sha256=${expected}`)
  })

  test('with TLS is asked for its certificate, and shown ours', async () => {
    await using directory = await tempDir()
    const key = 'ec:P-256'
    const authority = await TestAuthority.root(directory.path, { name: 'shop authority', key })
    const own = await authority.issue({ name: 'hooks.test', names: ['DNS:hooks.test'], key })
    const client = await authority.issue({ name: 'opsctl', key })
    const [ca, serverCert, serverKey] = await Promise.all([authority.cert, own.cert, own.key].map(path => readFile(path)))
    const terms = { ca, cert: serverCert, key: serverKey, requestCert: true, rejectUnauthorized: true }
    const server = createServer(
      terms,
      (request, response) => void request.resume().on('end', () => response.writeHead(200).end()),
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/x`
    const trusted = { ca: authority.cert, server_name: 'hooks.test' }
    const sent = async (config: object): Promise<unknown> => webhook.build({ url, ...config }).send(full, placeOf())
    try {
      expect(await sent({ ...trusted, ...client })).toEqual({ result: 'delivered' })
      const other = await sent({ ...trusted, ...client, server_name: 'other.test' })
      expect(other).toMatchObject({ result: 'later', message: expect.stringContaining('other.test') })
      expect(await sent({ ...client, server_name: 'hooks.test' })).toMatchObject({ result: 'later' })
      expect(await sent(trusted)).toMatchObject({ result: 'later' })
      const unread = await sent({ ca: '/none/ca.pem' })
      expect(unread).toMatchObject({ result: 'later', message: expect.stringContaining('could not read /none/ca.pem') })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }, 60_000)
})
