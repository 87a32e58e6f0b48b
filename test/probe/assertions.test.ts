import { describe, expect, test } from 'bun:test'
import type { Json } from '../../src/lib/core/json.ts'
import { ParamsError } from '../../src/lib/core/params.ts'
import { readDimensions } from '../../src/lib/probe/dimension.ts'
import { assertions } from '../../src/lib/probe/dimensions/assertions.ts'
import type { Observation } from '../../src/lib/probe/observation.ts'

const shop = {
  status: 'ok',
  version: 'v2.4.1',
  items: [
    { name: 'book', price: 12 },
    { name: 'pen', price: 3 },
  ],
  db: { state: 'up', lag_seconds: 0.4 },
  none: null,
}

function observed(body: string, more: Partial<Observation> = {}): Observation {
  return {
    endpoint: 'https://shop.example.com/health',
    phases: { wait: 12 },
    totalMs: 20,
    http: {
      status: 200,
      version: '1.1',
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Node', 'a'],
        ['x-node', 'b'],
      ],
      url: 'https://shop.example.com/health',
      redirects: [],
    },
    body: { bytes: Buffer.from(body), truncated: false, size: Buffer.byteLength(body) },
    seen: { banner: 'SSH-2.0-OpenSSH_9.6' },
    ...more,
  }
}

function judge(assert: Json, body: string = JSON.stringify(shop), more: Partial<Observation> = {}) {
  const [dimension] = readDimensions([{ type: 'assert', assert: [assert] }], [assertions])
  return dimension?.judge(observed(body, more), 0)
}

const xml = `<?xml version="1.0"?>
<s:status xmlns:s="urn:x"><db id="1" state="up"/><db id="2" state="down">late</db><name>shop &amp; co</name></s:status>`

const holding: readonly [Json, string?][] = [
  [{ jsonpath: '$.status', equals: 'ok' }],
  [{ jsonpath: '$.items[*].price', each: { gt: 0 } }],
  [{ jsonpath: '$.items[?@.price > 10].name', equals: ['book'] }],
  [{ jsonpath: '$.items', len: 2 }],
  [{ jsonpath: '$.items', len: { gte: 1, lt: 3 } }],
  [{ jsonpath: '$.items', contains: { name: 'pen' } }],
  [{ jsonpath: '$.items', some: { contains: { price: 3 } } }],
  [{ jsonpath: '$.db', equals: { lag_seconds: 0.4, state: 'up' } }],
  [{ jsonpath: '$.db', contains: { state: 'up' } }],
  [{ jsonpath: '$.db.lag_seconds', gte: 0, lte: 1 }],
  [{ jsonpath: '$.missing', exists: false }],
  [{ jsonpath: '$.none', type: 'null' }],
  [{ jsonpath: '$.version', semver: '>=2.0.0 <3' }],
  [{ jsonpath: '$.status', not: { equals: 'degraded' } }],
  [{ jsonpath: '$.status', matches: '^o.$' }],
  [{ header: 'content-type', matches: '^application/json' }],
  [{ header: 'X-NODE', equals: 'a, b' }],
  [{ header: 'x-none', exists: false }],
  [{ value: 'status', equals: 200 }],
  [{ jsonpath: '$.errors[*]', exists: false }],
  [{ jsonpath: '$.errors[*]', len: 0 }],
  [{ jsonpath: '$.none', exists: true }],
  [{ value: 'banner', contains: 'OpenSSH' }],
  [{ cel: 'status == 200 && body.items.size() == 2 && total_ms < 100' }],
  [{ cel: 'body.db.state in ["up", "standby"]' }],
  [
    {
      any: [
        { jsonpath: '$.status', equals: 'x' },
        { jsonpath: '$.status', equals: 'ok' },
      ],
    },
  ],
  [
    {
      all: [
        { jsonpath: '$.status', equals: 'ok' },
        { header: 'x-node', exists: true },
      ],
    },
  ],
  [{ not: { jsonpath: '$.status', equals: 'degraded' } }],
  [{ schema: { type: 'object', required: ['status'], properties: { status: { enum: ['ok', 'degraded'] } } } }],
  [{ contains: 'all is well' }, 'today all is well'],
  [{ regex: 'nginx/([0-9.]+)', semver: '>=1.20' }, 'server: nginx/1.27.3'],
  [{ xpath: '/status/db[2]/@state', equals: 'down' }, xml],
  [{ xpath: "//db[@id='1']/@state", equals: 'up' }, xml],
  [{ xpath: '/status/name', equals: 'shop & co' }, xml],
  [{ xpath: '/status/db/@id', len: 2 }, xml],
  [{ xpath: '/status/none', exists: false }, xml],
]

const broken: readonly [Json, RegExp, string?][] = [
  [{ jsonpath: '$.status', equals: 'degraded' }, /^\$\.status: expected to be "degraded", is "ok"$/],
  [{ jsonpath: '$.missing', equals: 1 }, /expected to be there, is nothing/],
  [{ jsonpath: '$.items[*].price', each: { gt: 5 } }, /each to be above 5, is 3 at 1/],
  [{ jsonpath: '$.itms[*].price', each: { gt: 0 } }, /expected to be there, is nothing/],
  [{ jsonpath: '$.itms[*].price', exists: true }, /expected to be there, is nothing/],
  [{ jsonpath: '$.db.lag_seconds', len: 3 }, /expected to have a length, is 0.4$/],
  [{ cel: 'status' }, /expected to be true, but it is neither true nor false$/],
  [{ jsonpath: '$.items', len: 3 }, /its length to be 3, is 2/],
  [{ jsonpath: '$.db.lag_seconds', lt: 0.1 }, /to be below 0.1, is 0.4/],
  [{ jsonpath: '$.version', semver: '^3' }, /to be a version \^3, is "v2.4.1"/],
  [{ jsonpath: '$.none', type: 'object' }, /of the type object, is null/],
  [{ jsonpath: '$.status', exists: false }, /not to be there, is "ok"/],
  [{ jsonpath: '$.a', equals: 1 }, /the body is not JSON/, '<html>'],
  [{ jsonpath: '$.a', equals: 1 }, /the body is empty/, ''],
  [{ header: 'x-none', equals: 'a' }, /header x-none: expected to be there, is nothing/],
  [{ cel: 'body.none_such == 1' }, /no such key/i],
  [{ cel: 'status == 500' }, /status == 500: expected to be true, is false/],
  [
    {
      any: [
        { jsonpath: '$.status', equals: 'x' },
        { jsonpath: '$.status', equals: 'y' },
      ],
    },
    /one of 2, the first to be "x"/,
  ],
  [{ not: { jsonpath: '$.status', equals: 'ok' } }, /expected not to hold, but it holds$/],
  [{ schema: { type: 'object', required: ['nope'] } }, /to fit the schema, but it must have required property 'nope'/],
  [{ xpath: '/a', exists: true }, /the body is not XML/, 'plain'],
]

describe('assertions that hold', () => {
  test.each(holding.map(each => [JSON.stringify(each[0]), each] as const))('%s', (_, [assert, body]) => {
    expect(judge(assert, body)).toMatchObject({ verdict: 'pass' })
  })
})

describe('assertions that do not hold tell what is there', () => {
  test.each(broken.map(each => [JSON.stringify(each[0]), each] as const))('%s', (_, [assert, says, body]) => {
    expect(judge(assert, body)).toMatchObject({ verdict: 'fail', reason: 'content', message: expect.stringMatching(says) })
  })

  test('with a diff where it has several lines', () => {
    const judged = judge({ jsonpath: '$.db', equals: { state: 'down', lag_seconds: 0.4 } })
    expect(judged?.data).toMatchObject({ broken: [{ diff: expect.stringContaining('-  "state": "down"') }] })
  })

  test('and a body that was cut is told as that, not as wrong JSON', () => {
    const body = { bytes: Buffer.from('{"status": "o'), truncated: true, size: 400 }
    expect(judge({ jsonpath: '$.status', equals: 'ok' }, '', { body })?.message).toMatch(/longer than what is read/)
  })
})

describe('a wrong assertion names its place', () => {
  const wrong: readonly [Json, readonly (string | number)[], RegExp][] = [
    [{ jsonpath: '$.a[', equals: 1 }, ['dimensions', 0, 'assert', 0, 'jsonpath'], /./],
    [{ regex: '(?=x)' }, ['dimensions', 0, 'assert', 0, 'regex'], /./],
    [{ jsonpath: '$.a', matches: '(' }, ['dimensions', 0, 'assert', 0, 'matches'], /./],
    [{ jsonpath: '$.a', semver: 'new' }, ['dimensions', 0, 'assert', 0, 'semver'], /nvalid/],
    [{ cel: 'status ==' }, ['dimensions', 0, 'assert', 0, 'cel'], / at character 10$/],
    [{}, ['dimensions', 0, 'assert', 0], /asserts nothing/],
    [{ any: [{}] }, ['dimensions', 0, 'assert', 0, 'any', 0], /asserts nothing/],
    [{ xpath: 'a/b' }, ['dimensions', 0, 'assert', 0, 'xpath'], /not understood at character 1/],
    [{ any: [{ cel: 'x' }] }, ['dimensions', 0, 'assert', 0, 'any', 0, 'cel'], /./],
    [{ jsonpath: '$.a', header: 'b' }, ['dimensions', 0, 'assert', 0], /two subjects/],
    [{ jsonpath: '$.a', schema: { type: 'nope' } }, ['dimensions', 0, 'assert', 0, 'schema'], /./],
  ]
  test.each(wrong.map(each => [JSON.stringify(each[0]), each] as const))('%s', (_, [assert, path, says]) => {
    const problem = (() => {
      try {
        judge(assert)
      } catch (error) {
        return error
      }
    })()
    expect(problem).toBeInstanceOf(ParamsError)
    expect(problem).toMatchObject({ path, message: expect.stringMatching(says) })
  })
})

test('a pattern that would take for ever elsewhere takes its time here, whatever the body is', () => {
  const body = `${'a'.repeat(50_000)}!`
  expect(judge({ regex: '^(a+)+$', exists: false }, body)).toMatchObject({ verdict: 'pass' })
})
