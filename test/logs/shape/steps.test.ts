import { describe, expect, test } from 'bun:test'
import { shaped } from './shaped.ts'

/** A step, a record, and what it becomes; without that it stays as it is. */
const cases: readonly (readonly [name: string, step: string, record: string, becomes?: string])[] = [
  ['a rename keeps the place', 'rename: { b: c }', '{"a":1,"b":2,"d":3}', '{"a":1,"c":2,"d":3}'],
  ['a rename replaces', 'rename: { b: a }', '{"a":1,"b":2}', '{"a":2}'],
  ['a rename into a nest', 'rename: { host: host.name }', '{"host":"w"}', '{"host":{"name":"w"}}'],
  ['a rename out of a nest leaves none empty', 'rename: { http.status: status }', '{"http":{"status":200}}', '{"status":200}'],
  ['a rename of what is absent', 'rename: { x: y }', '{"a": 1.0}'],
  ['drop', 'drop: [a, n.x, absent]', '{"a":1,"n":{"x":1,"y":[1, 2]},"b":1e400}', '{"n":{"y":[1, 2]},"b":1e400}'],
  ['a name with dots is found before a nest', 'drop: [a.b]', '{"a":{"b":1},"a.b":2}', '{"a":{"b":1}}'],
  ['keep', 'keep: [a, n.x]', '{"n":{"x":1,"y":2},"b":3,"a":"é\\n"}', '{"a":"é\\n","n":{"x":1}}'],
  ['keep of all that is there', 'keep: [a, b]', '{ "a" : 1 }'],
  ['add', 'add: { env: prod, n: 5, tags: [a] }', '{}', '{"env":"prod","n":5,"tags":["a"]}'],
  [
    'a template',
    'add: { url: "${host}${path}?${none}" }',
    '{"host":"a","path":"/\\"q"}',
    '{"host":"a","path":"/\\"q","url":"a/\\"q?"}',
  ],
  [
    'a template of one field copies it',
    'add: { big: "${id}", none: "${x}" }',
    '{"id":12345678901234567890}',
    '{"id":12345678901234567890,"big":12345678901234567890}',
  ],
  ['what is in the way is not replaced', 'add: { a.b: 1 }', '{"a":"x"}', '{"a":"x","a.b":1}'],
  [
    'numbers',
    'number: [a, b, c, d, e]',
    '{"a":"007","b":"-1.50","c":"12345678901234567890","d":"x","e":"1e3"}',
    '{"a":7,"b":-1.50,"c":"12345678901234567890","d":"x","e":1e3}',
  ],
  [
    'texts',
    'text: [a, b, c]',
    '{"a":12345678901234567890,"b":true,"c":null}',
    '{"a":"12345678901234567890","b":"true","c":null}',
  ],
  [
    'parse of logfmt',
    'parse: { field: message, format: logfmt }',
    '{"message":"level=info took=0.5","a":1}',
    '{"a":1,"level":"info","took":0.5}',
  ],
  [
    'parse of JSON over lines',
    'parse: { field: m, format: json, into: p, keep: true }',
    '{"m":"{\\n\\"id\\": 12345678901234567890}"}',
    '{"m":"{\\n\\"id\\": 12345678901234567890}","p":{ "id": 12345678901234567890}}',
  ],
  [
    'parse of what does not fit',
    'parse: { field: m, format: json }',
    '{"m":"hello"}',
    '{"m":"hello","parse_error":"m is not JSON"}',
  ],
  [
    'parse of several lines',
    'parse: { field: m, format: logfmt }',
    '{"m":"a=1\\nb=2"}',
    '{"m":"a=1\\nb=2","parse_error":"m has several lines"}',
  ],
  ['parse of no text', 'parse: { field: m, format: json }', '{"m":5}'],
  ['time that is right', 'time: { formats: unix }', '{"time":"2026-01-02T03:04:05+01:00"}'],
  [
    'time that is nearly right',
    'time: { formats: rfc3339, zone: "+02:00" }',
    '{"time":"2026-01-02 03:04:05,250"}',
    '{"time":"2026-01-02T03:04:05.250+02:00"}',
  ],
  [
    'time of seconds',
    'time: { field: ts, formats: unix, into: time }',
    '{"ts":1700000000.25}',
    '{"ts":1700000000.25,"time":"2023-11-14T22:13:20.25Z"}',
  ],
  ['time of milliseconds', 'time: { formats: [unix_ms] }', '{"time":"1700000000250"}', '{"time":"2023-11-14T22:13:20.250Z"}'],
  [
    'time of a web server',
    'time: { formats: [clf] }',
    '{"time":"17/May/2015:10:05:03 -0330"}',
    '{"time":"2015-05-17T10:05:03-03:30"}',
  ],
  [
    'time of summer',
    'time: { formats: ["%F %T"], zone: Europe/Berlin }',
    '{"time":"2026-07-01 12:00:00"}',
    '{"time":"2026-07-01T12:00:00+02:00"}',
  ],
  [
    'time that comes twice, when clocks are set back',
    'time: { formats: ["%F %T"], zone: Europe/Berlin }',
    '{"time":"2026-10-25 02:30:00"}',
    '{"time":"2026-10-25T02:30:00+02:00"}',
  ],
  [
    'time that never was, when clocks are set on',
    'time: { formats: ["%F %T"], zone: Europe/Berlin }',
    '{"time":"2026-03-29 02:30:00"}',
    '{"time":"2026-03-29T02:30:00+01:00"}',
  ],
  [
    'time of last year',
    'time: { formats: [rfc3164], zone: UTC }',
    '{"time":"Dec 31 23:59:59"}',
    '{"time":"2025-12-31T23:59:59Z"}',
  ],
  [
    'time of this year',
    'time: { formats: [rfc3164], zone: UTC }',
    '{"time":"Jan  2 00:00:00"}',
    '{"time":"2026-01-02T00:00:00Z"}',
  ],
  [
    'time of klog',
    'time: { formats: [klog], zone: UTC }',
    '{"time":"01-02 15:04:05.678901"}',
    '{"time":"2026-01-02T15:04:05.678901Z"}',
  ],
  [
    'time with halves of days',
    'time: { formats: ["%d %b %Y %I:%M %p"], zone: UTC }',
    '{"time":"02 Jan 2026 12:30 am"}',
    '{"time":"2026-01-02T00:30:00Z"}',
  ],
  ['time that is none', 'time: { formats: [clf] }', '{"time":"31/Feb/2015:10:05:03 +0000"}'],
  [
    'mask of what there is none',
    'mask: { patterns: [email, card, ipv4, jwt, aws-key, token, url-password, private-key] }',
    '{"message":"GET /\\tat 10:00, build 1.2.3", "n": 12.0}',
  ],
  [
    'mask of e-mail',
    'mask: { patterns: [email] }',
    '{"m":"from <ann.b@shop.example.com>, x","l":[{"c":"c@d.org"}]}',
    '{"m":"from <***>, x","l":[{"c":"***"}]}',
  ],
  ['mask of an escaped sign', 'mask: { patterns: [email] }', '{"m":"ann\\u0040shop.example"}', '{"m":"***"}'],
  [
    'mask of cards by their check digit',
    'mask: { patterns: [card], keep_last: 4 }',
    '{"a":"4111 1111 1111 1111 4111111111111112","b":5500005555555559}',
    '{"a":"***1111 4111111111111112","b":"***5559"}',
  ],
  [
    'mask of addresses',
    'mask: { patterns: [ipv4], with: x }',
    '{"a":"from 10.0.0.1.","b":"300.1.1.1","c":"1.2.3.4.5"}',
    '{"a":"from x.","b":"300.1.1.1","c":"1.2.3.4.5"}',
  ],
  [
    'mask of tokens',
    'mask: { patterns: [token] }',
    '{"m":"Authorization: Bearer abcdefgh12345 x","u":"/a?token=s3cr&b=1","password":"x","n":{"api_key":1234}}',
    '{"m":"Authorization: Bearer *** x","u":"/a?token=***&b=1","password":"***","n":{"api_key":"***"}}',
  ],
  [
    'mask of keys of clouds',
    'mask: { patterns: [aws-key, jwt] }',
    '{"a":"AKIAIOSFODNN7EXAMPLE","b":"t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}',
    '{"a":"***","b":"t=***"}',
  ],
  [
    'mask of passwords in addresses',
    'mask: { patterns: [url-password] }',
    '{"u":"postgres://shop:p4ss@db/x https://a.example/b@c"}',
    '{"u":"postgres://shop:***@db/x https://a.example/b@c"}',
  ],
  [
    'mask of a private key',
    'mask: { patterns: [private-key] }',
    '{"m":"-----BEGIN RSA PRIVATE KEY-----\\nMIIabc\\n-----END RSA PRIVATE KEY----- x"}',
    '{"m":"*** x"}',
  ],
  [
    'mask by an expression',
    'mask: { regex: "user-\\\\d+", with: "" }',
    '{"m":"user-12 and user-7","user-1":1}',
    '{"m":" and ","user-1":1}',
  ],
  [
    'mask of some fields only',
    'mask: { fields: [a], patterns: [email] }',
    '{"a":"x@y.org","b":"x@y.org"}',
    '{"a":"***","b":"x@y.org"}',
  ],
  [
    'mask of whole fields',
    'mask: { fields: [a, b, n.c], keep_last: 2 }',
    '{"a":"secret","b":1234567,"n":{"c":{"d":1}}}',
    '{"a":"***et","b":"***67","n":{"c":"***1}"}}',
  ],
  ['hash', 'hash: { fields: [user, none], key: { env: KEY }, digits: 16 }', '{"user":"ann"}', '{"user":"HASH"}'],
  [
    'route',
    'route: { errors: status >= 500, slow: request_time > 2 }',
    '{"status":200,"request_time":2.5}',
    '{"status":200,"request_time":2.5,"route":"slow"}',
  ],
  ['route of none', 'route: { errors: status >= 500 }', '{"status":200}'],
]

describe('a record is shaped:', () => {
  test.each(cases)('%s', async (_, step, record, becomes = record) => {
    const { lines, filtered, dead } = await shaped(`shape:\n  - ${step}\n`, [record])
    expect(lines.map(line => line.replace(/"[0-9a-f]{16}"/, '"HASH"'))).toEqual([becomes])
    expect({ filtered, dead }).toEqual({ filtered: 0, dead: [] })
  })
})
