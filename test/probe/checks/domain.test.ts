import { describe, expect, test } from 'bun:test'
import type { Json } from '../../../src/lib/core/json.ts'
import domain from '../../../src/lib/probe/checks/domain.ts'
import { checkPlace } from '../check-place.ts'
import { type Page, type Site, type WebServer, webServer } from '../web-server.ts'

const dayMs = 86_400_000
const inDays = (days: number): string => new Date(Date.now() + days * dayMs).toISOString()

/** What a registry answers (RFC 9083, section 5.3). */
const registered = (days: number, more: Record<string, Json> = {}): Page => ({
  headers: { 'content-type': 'application/rdap+json' },
  body: JSON.stringify({
    objectClassName: 'domain',
    rdapConformance: ['rdap_level_0'],
    handle: '2336799_DOMAIN_COM-VRSN',
    ldhName: 'SHOP.EXAMPLE',
    status: ['client transfer prohibited'],
    events: [
      { eventAction: 'registration', eventDate: '1995-08-14T04:00:00Z' },
      { eventAction: 'expiration', eventDate: inDays(days) },
      { eventAction: 'last update of RDAP database', eventDate: inDays(0) },
    ],
    ...more,
  }),
})

const look = ({ port }: Pick<WebServer, 'port'>, config: Record<string, Json> = {}) =>
  domain
    .build({ endpoint: 'domain://shop.example', server: `http://127.0.0.1:${port}/domain`, timeout: '3s', ...config })
    .run(checkPlace())

const limits = (wishes: Record<string, Json>): Record<string, Json> => ({ dimensions: [{ type: 'domain_expiry', ...wishes }] })

const cases: readonly (readonly [what: string, site: Site, config: Record<string, Json>, result: object])[] = [
  ['for long', registered(100.5), {}, { verdict: 'pass', message: 'the domain is registered for 100 days more' }],
  [
    'for a month',
    registered(29.5),
    {},
    { verdict: 'warn', reason: 'expiring', message: 'the domain is registered for 29 days more, fewer than 30' },
  ],
  [
    'for a day',
    registered(1.5),
    limits({ fail_days: 7 }),
    { verdict: 'fail', reason: 'expiring', message: 'the domain is registered for 1 day more, fewer than 7' },
  ],
  ['no more', registered(-2.5), {}, { verdict: 'fail', reason: 'expiring', message: 'the registration ended 2 days ago' }],
  [
    'about to be given up',
    registered(100, { status: ['redemption period'] }),
    {},
    { verdict: 'fail', reason: 'expiring', message: 'the registry is about to give the domain up: redemption period' },
  ],
  [
    'by nobody',
    { status: 404 },
    {},
    { verdict: 'fail', reason: 'missing', message: 'no registry knows the domain shop.example' },
  ],
  ['asked too often', { status: 429 }, {}, { verdict: 'unknown', reason: 'status' }],
  [
    'a server in trouble',
    { status: 503 },
    {},
    { verdict: 'unknown', reason: 'status', message: 'status 503 of the server of the registry' },
  ],
  ['no end is told', registered(1, { events: [] }), {}, { verdict: 'unknown', reason: 'unreadable' }],
  ['another domain', registered(1, { ldhName: 'bank.example' }), {}, { verdict: 'unknown', reason: 'protocol' }],
  [
    'no date',
    registered(1, { events: [{ eventAction: 'expiration', eventDate: 'soon' }] }),
    {},
    { verdict: 'unknown', reason: 'protocol' },
  ],
  ['a page for people', { body: '<html>Whois</html>' }, {}, { verdict: 'unknown', reason: 'protocol' }],
  ['a list', { body: '[]' }, {}, { verdict: 'unknown', reason: 'protocol' }],
  ['too much', { body: Buffer.alloc(2 ** 21, ' ') }, {}, { verdict: 'unknown', reason: 'too-large' }],
]

describe('the check domain', () => {
  test.each(cases)('judges a registration: %s', async (_, site, config, result) => {
    await using server = await webServer(site)
    expect(await look(server, config)).toMatchObject(result)
    expect(server.requests).toMatchObject([
      { method: 'GET', path: '/domain/shop.example', headers: { accept: 'application/rdap+json' } },
    ])
  })

  test('follows to the server of the registry, and tells the days that are left', async () => {
    await using registry = await webServer(registered(200.5))
    await using every = await webServer(({ path }) => ({
      status: 302,
      headers: { location: `http://127.0.0.1:${registry.port}/com/v1${path}` },
    }))
    const result = await look(every)
    expect(result.judgements).toMatchObject([{ verdict: 'pass', metrics: { days_left: expect.closeTo(200.5, 1) } }])
    expect(registry.requests[0]?.path).toBe('/com/v1/domain/shop.example')
    expect(result.evidence).toContain('status: ["client transfer prohibited"]')
  })

  test('asks for a name outside ASCII as it is registered', async () => {
    await using server = await webServer(registered(100, { ldhName: 'xn--bcher-kva.example' }))
    expect(await look(server, { endpoint: 'domain://B\u00dccher.example' })).toMatchObject({ verdict: 'pass' })
    expect(server.requests[0]?.path).toBe('/domain/xn--bcher-kva.example')
  })

  test('a server that is silent is no end of a registration', async () => {
    await using server = await webServer(() => undefined)
    expect(await look(server, { timeout: '200ms' })).toMatchObject({ verdict: 'unknown', reason: 'timeout' })
  })

  test.each(['domain://', 'domain://a/b', 'domain://a b', 'domain://shop.example:43', 'shop.example'])(
    '%s is no endpoint',
    endpoint => {
      expect(() => domain.build({ endpoint })).toThrow('is not of the form domain://example.com')
    },
  )
})
