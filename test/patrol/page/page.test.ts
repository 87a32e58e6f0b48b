import { describe, expect, test } from 'bun:test'
import { hostNamed } from '../../../src/lib/core/host.ts'
import type { EventFeed } from '../../../src/lib/net/server/event-feed.ts'
import { checkPath } from '../../../src/lib/patrol/page/link.ts'
import { LivePage, type Patch } from '../../../src/lib/patrol/page/live-page.ts'
import { momentText } from '../../../src/lib/patrol/page/moment.ts'
import { lineOf } from '../../../src/lib/patrol/page/sparkline.ts'
import { Uptime, uptimeText } from '../../../src/lib/patrol/page/uptime.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { Patrolled } from '../patrolled.ts'
import { many, ShownPatrol, shop } from './shown-patrol.ts'

const timeoutMs = 60_000

async function get(url: string): Promise<string> {
  return await (await fetch(url)).text()
}

/** What a parser makes of a page. */
function elementsOf(page: string): { readonly tags: string[]; readonly attributes: (readonly [name: string, value: string])[] } {
  const tags: string[] = []
  const attributes: (readonly [string, string])[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element: ({ tagName, attributes: all }) => {
      tags.push(tagName)
      for (const [name = '', value = ''] of all) attributes.push([name, value])
    },
  })
  rewriter.transform(page)
  return { tags, attributes }
}

/** The row of a check. */
const rowOf = (page: string, id: string): string => page.match(new RegExp(`<li id="c-${id}".*?</li>`, 's'))?.[0] ?? ''

describe('the page of a patrol', () => {
  test(
    'says in words what is wrong, and shows incidents and each status by sign and word',
    async () => {
      await using dir = await tempDir()
      await using shown = await shop(dir.path)
      const url = await shown.serve()
      const page = await get(url)
      expect(page).toContain('<title>✗ 2 failing, 1 unknown, 1 warning of 15 checks</title>')
      expect(page).toContain('<h2 id="open-h">Open incidents <small>5</small></h2>')
      const signs = {
        checkout: '✗</b> failing',
        recommendations: '?</b> unknown',
        search: '!</b> warning',
        'switch-3': '↳</b> suppressed',
        'old-site': '–</b> off',
        catalogue: '✓</b> well',
      }
      for (const [id, sign] of Object.entries(signs)) expect(rowOf(page, id)).toContain(sign)
      expect(rowOf(page, 'partner-api')).toContain('flapping')
      expect(rowOf(page, 'switch-3')).toContain('suppressed by router')
      expect(rowOf(page, 'checkout')).toContain('the answer has another status than it should')
      expect(rowOf(page, 'checkout')).toContain('href="https://wiki.example.com/runbooks/checkout"')
      expect(rowOf(page, 'search')).toContain('certificate 9 d')
      expect(rowOf(page, 'web1%2Fdisk%20%2F')).toContain('on web1')
      expect(rowOf(page, 'nightly-backup')).toContain('100 % of looks well in the last 48 hours; none in 47')
    },
    timeoutMs,
  )

  test(
    'tells everything of one check, and how it is made',
    async () => {
      await using dir = await tempDir()
      await using shown = await shop(dir.path)
      const url = await shown.serve()
      const page = await get(`${url}/checks/checkout`)
      for (const text of [
        'We will be back soon',
        'How it is configured',
        'Last 30 days, by day',
        '/api/v1/checks/checkout',
        'median',
      ])
        expect(page).toContain(text)
      expect(await get(`${url}/checks/${encodeURIComponent('web1/disk /')}`)).toContain('on web1')
      const missing = await fetch(`${url}/checks/nowhere`)
      expect([missing.status, (await missing.text()).includes('There is no check <code>nowhere</code>')]).toEqual([404, true])
      const incidents = await get(`${url}/incidents`)
      expect(incidents.match(/<h2[^>]*>(Open|Ended) <small>\d+/g)).toHaveLength(2)
      expect(incidents).toContain('partner-api: no answer within 2s')
    },
    timeoutMs,
  )

  test(
    'filters by its address, without a script',
    async () => {
      await using dir = await tempDir()
      await using shown = await shop(dir.path)
      const url = await shown.serve()
      const ids = async (query: string): Promise<string[]> =>
        [...(await get(`${url}/?${query}`)).matchAll(/<li id="c-([^"]+)"/g)].map(([, id = '']) => decodeURIComponent(id)).sort()
      expect(await ids('status=problem')).toEqual(['checkout', 'recommendations', 'router', 'search'])
      expect(await ids('status=flapping')).toEqual(['partner-api'])
      expect(await ids('status=off')).toEqual(['old-site'])
      expect(await ids('group=hosts')).toEqual(['db1/disk /', 'web1/disk /', 'web2/disk /'])
      expect(await ids('group=-&sla=P1')).toEqual(['nightly-backup', 'partner-api'])
      expect(await ids('q=CERTIFICATE+ends')).toEqual(['search'])
      expect(await ids('q=nothing-like-that')).toEqual([])
      expect(await ids('status=strange&sla=P9')).toHaveLength(15)
      expect(await get(`${url}/?q=nothing-like-that`)).toContain('No check fits.')
    },
    timeoutMs,
  )

  test('lets nothing that others say become markup, a script or a link', async () => {
    await using dir = await tempDir()
    await using shown = new ShownPatrol(dir.path)
    const { patrolled } = shown
    const evil = `</title></li><script>alert(1)</script><img src=x onerror=alert(2)>"'&\u202e\x1b[31m`
    const name = `a"b'<i>${evil}`
    patrolled.answers[name] = { verdict: 'fail', reason: 'content', message: evil, evidence: `</pre>${evil}` }
    patrolled.patrol.apply([
      {
        ...patrolled.check(name, { hosts: [{ ...hostNamed('web1'), labels: { rack: evil } }] }),
        type: evil,
        labels: { group: evil, [evil]: evil },
        runbook: 'javascript:alert(3)',
        source: evil,
      },
    ])
    await patrolled.clock.advance(60_000)
    patrolled.recorder.flush()
    const url = await shown.serve()
    const pages = await Promise.all(
      [
        '/',
        checkPath(`web1/${name}`),
        '/incidents',
        `/?q=${encodeURIComponent(evil)}&group=${encodeURIComponent(evil)}`,
        '/checks?id=%3Cscript%3Ealert(4)',
      ].map(path => get(url + path)),
    )
    for (const page of pages) {
      const { tags, attributes } = elementsOf(page)
      expect(tags.filter(tag => ['script', 'img', 'i'].includes(tag))).toEqual(['script'])
      expect(attributes.filter(([name]) => name.startsWith('on') || name === 'style')).toEqual([])
      const addresses = attributes.flatMap(([name, value]) => (['href', 'src', 'action'].includes(name) ? [value] : []))
      expect(addresses.filter(address => !/^[/#]/.test(address))).toEqual([])
      expect(page).not.toMatch(/[\x1b\u202e]/)
    }
    expect(pages[0]).toContain('&lt;script&gt;alert(1)')
    expect(pages[1]).toContain('runbook: javascript:alert(3)')
  })

  test('may load nothing but its own files, which may be kept for ever', async () => {
    await using dir = await tempDir()
    await using shown = new ShownPatrol(dir.path)
    const url = await shown.serve()
    const answer = await fetch(url)
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    )
    const page = await answer.text()
    expect(page).toContain('nothing is watched')
    const files = [...page.matchAll(/"(\/page\/[^"]+)"/g)].map(([, file = '']) => file)
    expect(files).toHaveLength(3)
    for (const file of files) {
      const { status, headers } = await fetch(url + file)
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
    }
    expect((await fetch(`${url}/page/page-0.js`)).status).toBe(404)
  })

  test(
    'stays small with many checks: what is well is counted, and listed when it is asked for',
    async () => {
      await using dir = await tempDir()
      await using shown = await many(dir.path, 1000)
      const url = await shown.serve()
      const page = await get(url)
      expect(page.length).toBeLessThan(60_000)
      expect(page.match(/<li id="c-/g)).toHaveLength(22)
      expect((await get(`${url}/?open=shop`)).match(/<li id="c-shop/g)).toHaveLength(100)
      const all = await get(`${url}/?status=pass`)
      expect(all.match(/<li id="c-/g)).toHaveLength(600)
      expect(all).toMatch(/\d+ more are not listed/)
      expect(all.length).toBeLessThan(900_000)
    },
    timeoutMs,
  )
})

/** What a page that is open is told, as it comes. */
function listen(feed: EventFeed): { readonly events: { event: string; id: string; data: string }[]; readonly patches: Patch[] } {
  const events: { event: string; id: string; data: string }[] = []
  feed.subscribe({
    push: bytes => {
      const fields = Object.fromEntries(
        Buffer.from(bytes)
          .toString()
          .split('\n')
          .filter(line => line.includes(': '))
          .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      events.push({ event: fields['event'] ?? '', id: fields['id'] ?? '', data: fields['data'] ?? '' })
    },
    end: () => {},
  })
  return {
    events,
    get patches() {
      return events.filter(({ event }) => event === 'patch').map(({ data }) => JSON.parse(data))
    },
  }
}

describe('an open page', () => {
  /** A patrol and its live page, both by the clock that stands still. */
  async function opened(directory: string, names: readonly string[]) {
    const patrolled: Patrolled = new Patrolled(directory, undefined, watch => live.changed(watch))
    const live = new LivePage({ clock: patrolled.clock, patrol: () => patrolled.patrol })
    patrolled.patrol.apply(names.map(name => patrolled.check(name, { intervalMs: 1000 })))
    await patrolled.clock.advance(10_000)
    return { patrolled, live }
  }

  test('is told of each check once a second at most, in one event for all', async () => {
    await using dir = await tempDir()
    const names = Array.from({ length: 50 }, (_, index) => `shop-${index}`)
    const { patrolled, live } = await opened(dir.path, names)
    await using _patrolled = patrolled
    const told = listen(live.feed(live.lastId))
    await patrolled.clock.advance(10_000)
    expect(told.patches.length).toBeWithin(9, 12)
    for (const { ticks, rows } of told.patches) {
      expect(ticks.length).toBeLessThanOrEqual(50)
      expect(rows).toEqual([])
    }
  })

  test('gets a new row, new numbers and words when a check fails', async () => {
    await using dir = await tempDir()
    const { patrolled, live } = await opened(dir.path, ['shop', 'cart'])
    await using _patrolled = patrolled
    const told = listen(live.feed(live.lastId))
    patrolled.answers['shop'] = { verdict: 'fail', reason: 'refused', message: 'connection <refused>' }
    await patrolled.clock.advance(3000)
    const patch = told.patches.find(({ rows }) => rows.length > 0)
    expect(patch).toMatchObject({
      state: 'fail',
      title: '✗ 1 failing of 2 checks',
      said: 'incident began: shop: connection <refused>',
      rows: [{ id: 'c-shop', group: 'g--', loud: true }],
      groups: [{ id: 'g--' }],
    })
    expect(patch?.rows[0]?.html).toContain('connection &lt;refused&gt;')
    expect(patch?.open).toContain('connection &lt;refused&gt;')
    delete patrolled.answers['shop']
    await patrolled.clock.advance(5000)
    expect(told.patches.findLast(({ said }) => said !== undefined)?.said).toBe('incident over: shop: connection <refused>')
    expect(told.patches.findLast(({ state }) => state !== undefined)?.state).toBe('pass')
  })

  test('is told to ask for everything when much changes at once, or other checks are watched', async () => {
    await using dir = await tempDir()
    const names = Array.from({ length: 400 }, (_, index) => `shop-${index}`)
    const { patrolled, live } = await opened(dir.path, names)
    await using _patrolled = patrolled
    const told = listen(live.feed(live.lastId))
    for (const name of names) patrolled.answers[name] = { verdict: 'fail', reason: 'refused', message: 'connection refused' }
    await patrolled.clock.advance(15_000)
    expect(told.patches.some(({ all }) => all)).toBe(true)
    expect(Math.max(...told.events.map(({ data }) => data.length))).toBeLessThan(400_000)
    const before = told.patches.length
    patrolled.patrol.apply([patrolled.check('other')])
    await patrolled.clock.advance(2000)
    expect(told.patches.slice(before).some(({ all }) => all)).toBe(true)
  })

  test('hears that the connection lives, and what it missed when it comes back', async () => {
    await using dir = await tempDir()
    const { patrolled, live } = await opened(dir.path, [])
    await using _patrolled = patrolled
    const told = listen(live.feed(live.lastId))
    await patrolled.clock.advance(35_000)
    expect(told.events.length).toBeWithin(3, 5)
    const again = listen(live.feed(told.events[0]?.id))
    expect(again.events).toEqual(told.events.slice(1))
    expect(listen(live.feed('0a1b2c3d-7')).events).toMatchObject([{ event: 'reset' }])
  })

  test('that comes back after nobody looked is told to ask for everything; until then nothing is noted', async () => {
    await using dir = await tempDir()
    const { patrolled, live } = await opened(dir.path, ['shop'])
    await using _patrolled = patrolled
    const from = live.lastId
    await patrolled.clock.advance(60_000)
    expect(listen(live.feed(from)).events.at(-1)).toMatchObject({ event: 'reset' })
  })
})

describe('uptime', () => {
  test('is read for many checks in few statements, and of what is over only once', async () => {
    await using dir = await tempDir()
    await using shown = await many(dir.path, 300)
    const { history } = shown.patrolled
    const ids = [...shown.patrolled.patrol.watches.keys()]
    let statements = 0
    const counted = new Proxy(history, {
      get: (target, name) => {
        if (name === 'database') statements++
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const uptime = new Uptime(counted, shown.clock)
    const barsOf = await uptime.of('48h', ids)
    expect(statements).toBeLessThanOrEqual(2)
    expect(barsOf('shop-000').slots).toHaveLength(48)
    expect(
      barsOf('shop-000')
        .slots.slice(0, -1)
        .every(({ looks }) => looks === 120),
    ).toBe(true)
    await uptime.of('48h', ids)
    expect(statements).toBeLessThanOrEqual(2)
    const days = (await uptime.of('30d', ids))('shop-000').slots
    expect(days.slice(1, -1).map(({ looks }) => looks)).toEqual(Array.from({ length: 28 }, () => 24 * 120))
  })

  test.each([
    [0, 0, 'no looks'],
    [100, 0, '100 %'],
    [100_000, 1, '99.99 %'],
    [1000, 1, '99.90 %'],
    [1000, 15, '98.5 %'],
    [10, 8, '20 %'],
    [10, 10, '0 %'],
  ])('of %d looks, %d of them bad, is told as %p', (looks, bad, text) => {
    expect(uptimeText([{ looks, bad, warned: 0 }])).toBe(text)
  })
})

test('a line of latencies keeps its peaks and its room', () => {
  const values = Array.from({ length: 600 }, (_, index) => (index === 333 ? 900 : 10))
  const line = lineOf(values, { width: 60, height: 16, points: 30 })
  expect(line.match(/[ML]/g)).toHaveLength(30)
  expect(line).toContain(' 1L')
  expect(lineOf([0, 0], { width: 60, height: 16, points: 30 })).toBe('M0 15L60 15')
})

test.each([
  ['2026-03-29T13:05:09Z', '13:05:09'],
  ['2026-03-28T23:59:59Z', '28 Mar 23:59'],
  ['2025-12-01T08:00:00Z', '1 Dec 2025 08:00'],
])('the moment %s is told as %s', (at, text) => {
  expect(momentText(Date.parse(at), Date.parse('2026-03-29T14:00:00Z'))).toBe(text)
})
