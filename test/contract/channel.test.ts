import { describe, expect, test } from 'bun:test'
import type { Alert, ChannelPlace } from '../../src/lib/core/alert.ts'
import type { SecretReference } from '../../src/lib/core/check.ts'
import type { Component } from '../../src/lib/core/component.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { ParamsError } from '../../src/lib/core/params.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { SharedThings } from '../../src/lib/run/shared-things.ts'
import { components } from '../../src/registry.generated.ts'
import { firing, resolved } from '../alert/opened.ts'
import { answerWith, hang, Receiver, reset } from '../alert/receiver.ts'
import { freePort } from '../helpers/free-port.ts'

// What holds for every channel, those to come included.

const channels = await Promise.all(
  components.filter(({ kind }) => kind === 'channel').map(async ({ load }) => (await load()).default as Component<'channel'>),
)

const secret = 'T0K3N/very-secret-4711'

/** The configuration of each, so that it sends to a server of the test. */
const configs: Readonly<Record<string, (url: string) => Json>> = {
  alertmanager: url => ({ url, bearer: { env: 'TOKEN' } }),
  pagerduty: url => ({ url, routing_key: { env: 'TOKEN' } }),
  slack: () => ({ url: { env: 'URL' } }),
  webhook: url => ({ url, bearer: { env: 'TOKEN' }, headers: { 'x-key': { env: 'TOKEN' } }, sign: { env: 'TOKEN' } }),
}

const nasty = firing('prb-1', {
  summary: `<script>&"'\u0000\u{1f980}\ud800 ${'long '.repeat(2000)}`,
  detail: `${'<&>'.repeat(20_000)}\u{1f980}`,
  labels: {
    'odd.name-1': '',
    team: 'x'.repeat(10_000),
    ...Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`l${n}`, `${n}`])),
  },
  link: 'https://opsctl.example.com/i/prb-1',
  runbook: 'https://wiki.example.com/runbook',
})

test('every channel is put to the contract', () => {
  expect(channels.map(({ type }) => type)).toEqual(Object.keys(configs).sort())
})

describe.each(channels.map(channel => [channel.type, channel] as const))('the channel %s', (type, component) => {
  const place = (base: string, over: Partial<ChannelPlace> = {}): ChannelPlace => ({
    clock: systemClock,
    signal: AbortSignal.timeout(20_000),
    key: 'prb-1:firing.critical',
    earlier: [],
    shared: new SharedThings(),
    secret: async (reference: SecretReference) =>
      'env' in reference && reference.env === 'URL' ? `${base}/services/${secret}` : secret,
    ...over,
  })
  const build = (base: string) => component.build(configs[type]?.(base) ?? {})
  const send = (alert: Alert, base: string, over: Partial<ChannelPlace> = {}) => build(base).send(alert, place(base, over))

  test('says what it is', () => {
    expect(component).toMatchObject({
      kind: 'channel',
      schema: { type: 'object', additionalProperties: false },
    })
    expect(component.type).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(component.summary).toMatch(/^[A-Za-z].*[^.]$/)
    expect(component.build(component.example).title).toMatch(/^[^\n]+$/)
  })

  const properties = Object.keys((component.schema as { readonly properties: object }).properties)

  test.each(properties)('knows what is meant by a wrong spelling of %s', property => {
    const wrong = () => component.build({ ...(component.example as object), [`${property}x`]: 'value' })
    expect(thrownBy(wrong)).toMatchObject({ path: [`${property}x`], hint: expect.stringContaining(property) })
  })

  test('refuses what is no mapping', () => {
    for (const config of [null, 'text', 7, []]) expect(thrownBy(() => component.build(config))).toBeInstanceOf(ParamsError)
  })

  test.each([200, 201, 202, 204])(
    'takes %d for delivered',
    async status => {
      await using receiver = await Receiver.start()
      receiver.answer = answerWith(status)
      expect(await send(firing('prb-1'), receiver.url)).toEqual({ result: 'delivered' })
      expect(receiver.all).toHaveLength(1)
      expect(receiver.all[0]).toMatchObject({ key: 'prb-1:firing.critical', headers: { 'content-type': 'application/json' } })
    },
    60_000,
  )

  test.each([400, 401, 403, 404, 410, 422])(
    'is refused by %d, and says so without a secret',
    async status => {
      await using receiver = await Receiver.start()
      receiver.answer = answerWith(status, { body: `no ${secret}: ${encodeURIComponent(secret)} is not known` })
      const delivery = await send(firing('prb-1'), receiver.url)
      expect(delivery).toMatchObject({
        result: 'refused',
        message: expect.stringMatching(new RegExp(`answered ${status}: no .*… is not known`)),
      })
      expect(JSON.stringify(delivery)).not.toContain('very-secret')
    },
    60_000,
  )

  test.each([301, 408, 429, 500, 502, 503, 504])(
    'tries later after %d, not before Retry-After',
    async status => {
      await using receiver = await Receiver.start()
      receiver.answer = answerWith(status, { headers: { 'retry-after': '17', location: 'http://127.0.0.1:1/' } })
      expect(await send(firing('prb-1'), receiver.url)).toMatchObject({ result: 'later', afterMs: 17_000 })
      receiver.answer = answerWith(status, { headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } })
      const { afterMs = 0 } = (await send(firing('prb-1'), receiver.url)) as { readonly afterMs?: number }
      expect(afterMs).toBeGreaterThan(50_000)
      expect(afterMs).toBeLessThanOrEqual(60_000)
      receiver.answer = answerWith(status, { headers: { 'retry-after': 'soon' } })
      expect(await send(firing('prb-1'), receiver.url)).not.toHaveProperty('afterMs')
    },
    60_000,
  )

  test('tries later where nobody listens, where it is cut off, and where the certificate is not accepted', async () => {
    const port = await freePort()
    expect(await send(firing('prb-1'), `http://127.0.0.1:${port}/`)).toMatchObject({
      result: 'later',
      message: `127.0.0.1:${port}: connection refused`,
    })
    await using receiver = await Receiver.start()
    receiver.answer = reset
    expect(await send(firing('prb-1'), receiver.url)).toMatchObject({ result: 'later' })
    const plain = receiver.url.replace('http:', 'https:')
    expect(await send(firing('prb-1'), plain)).toMatchObject({ result: 'later', message: expect.stringMatching(/TLS|tls/) })
  }, 60_000)

  test('ends with its signal', async () => {
    await using receiver = await Receiver.start()
    receiver.answer = hang
    const stop = new AbortController()
    const sending = send(firing('prb-1'), receiver.url, { signal: stop.signal })
    while (receiver.all.length === 0) await Bun.sleep(5)
    stop.abort(new Error('no answer within 10 s'))
    expect(await sending).toMatchObject({ result: 'later', message: expect.stringContaining('no answer within 10 s') })
  }, 60_000)

  test('sends well-formed JSON, whatever an alert says', async () => {
    await using receiver = await Receiver.start()
    for (const alert of [
      nasty,
      { ...nasty, status: 'resolved', endedAt: '2026-03-29T01:40:00Z' } as const,
      firing('x', { labels: {} }),
    ])
      expect(await send(alert, receiver.url)).toEqual({ result: 'delivered' })
    expect(receiver.all.map(({ body }) => typeof body)).toEqual(['object', 'object', 'object'])
    expect(receiver.all.every(({ text }) => text.isWellFormed())).toBe(true)
  }, 60_000)

  test('tells no secret in what it sends but where the protocol wants it', async () => {
    await using receiver = await Receiver.start()
    await send(resolved('prb-1'), receiver.url)
    const told = receiver.all.map(({ body }) => JSON.stringify({ ...body, routing_key: '' })).join()
    expect(told).not.toContain('very-secret')
  }, 60_000)
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}
