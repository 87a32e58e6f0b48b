import { describe, expect, test } from 'bun:test'
import type { OpsError } from '../../../src/lib/core/errors.ts'
import { readText } from './read.ts'

const ops = 'channels:\n  ops: { type: webhook, url: https://hooks.example.com/x }\n'

/** A file, and all that is said of it: `line:column: problem (hint)`. */
const mistakes: readonly (readonly [name: string, text: string, ...problems: string[]])[] = [
  ['a list', '- ops', '1:1: a file of alerts must be keys and values, not a list (it has channels: and routes:)'],
  ['an unknown key', 'channel: {}', "1:1: unknown key 'channel' in a file of alerts (did you mean channels?)"],
  [
    'a channel of no type',
    'channels:\n  ops: { url: https://x.example }',
    '2:8: the channel ops needs a type (there are alertmanager, pagerduty, slack, webhook)',
  ],
  ['a wrong type', 'channels:\n  ops: { type: webhok }', "2:16: there is no channel of type 'webhok' (did you mean webhook?)"],
  [
    'a channel that is a text',
    'channels:\n  ops: webhook',
    '2:8: the channel ops must be keys and values, not "webhook" (it has a type:, there are alertmanager, pagerduty, slack, webhook)',
  ],
  [
    'a bad name of a channel',
    'channels:\n  "a b": { type: webhook, url: https://x.example }',
    "2:3: 'a b' can not be the name of a channel (letters, digits, . _ and -)",
  ],
  [
    'an unknown parameter',
    'channels:\n  ops: { type: webhook, urll: https://x.example }',
    "2:25: webhook: there is no 'urll' here (did you mean url?)",
  ],
  [
    'a wrong URL',
    'channels:\n  ops: { type: webhook, url: x.example }',
    '2:30: webhook: url: "x.example" is no web address: write https://example.com/health',
  ],
  [
    'credentials in a URL',
    'channels:\n  ops: { type: webhook, url: "https://me:pass@x.example" }',
    '2:30: webhook: url: holds credentials: put them under bearer or headers, as a file or a variable',
  ],
  [
    'a secret in the file',
    'channels:\n  s: { type: slack, url: https://hooks.slack.com/services/T/B/X }',
    '2:26: slack: url: a secret does not stand here itself: write { file: … } or { env: … }',
  ],
  [
    'an authorization in the file',
    'channels:\n  ops: { type: webhook, url: https://x.example, headers: { Authorization: Bearer x } }',
    '2:75: webhook: headers.Authorization: this holds a secret: write { file: … } or { env: … }',
  ],
  [
    'an unknown template',
    'channels:\n  ops: { type: webhook, url: https://x.example, headers: { x-team: "${label.team}" } }',
    '2:68: webhook: headers.x-team: "${label.team}" is no template: there is no ${label.team}: there are incident, status, severity, summary, reason, startedAt and labels.NAME',
  ],
  [
    'a header of ours',
    'channels:\n  ops: { type: webhook, url: https://x.example, headers: { Idempotency-Key: x } }',
    '2:77: webhook: headers.Idempotency-Key: opsctl says this header itself',
  ],
  [
    'a time-out that is too short',
    'channels:\n  am: { type: alertmanager, url: "http://am:9093", resolve_timeout: 1s }',
    '2:69: alertmanager: resolve_timeout: "1s" is not between 10s and 1d',
  ],
  [
    'no pattern',
    `${ops}routes:\n  - { labels: { team: "=~(" }, to: ops }`,
    '4:23: ( is no regular expression: error parsing regexp: missing closing ): `(` (RE2 syntax, without look-around and back references)',
  ],
  [
    'a look-ahead',
    `${ops}routes:\n  - { labels: { team: "=~(?=x)" }, to: ops }`,
    '4:23: (?=x) is no regular expression: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (RE2 syntax, without look-around and back references)',
  ],
  ['an unknown channel', `${ops}routes:\n  - { to: [ops, opss] }`, "4:17: there is no channel 'opss' (did you mean ops?)"],
  [
    'a route that leads nowhere',
    `${ops}routes:\n  - { severity: critical }`,
    '4:5: a route needs to: (a name of a channel or a list of them; `to: []` tells nobody)',
  ],
  [
    'an unknown severity',
    `${ops}routes:\n  - { severity: [critical, warn], to: ops }`,
    '4:28: there is no severity "warn" (did you mean warning?)',
  ],
  [
    'an unknown reason',
    `${ops}routes:\n  - { reason: tls-expire, to: ops }`,
    '4:15: there is no reason "tls-expire" (did you mean tls-expired?)',
  ],
  [
    'an unknown key of a route',
    `${ops}routes:\n  - { severty: critical, to: ops }`,
    "4:7: unknown key 'severty' in a route (did you mean severity?)",
  ],
  [
    'a time that is none',
    `${ops}routes:\n  - { to: ops, after: soon }`,
    "4:23: after: 'soon' is not a duration (write 500ms, 5s, 1m30s, 2h or 1d)",
  ],
  ['a flood', `${ops}routes:\n  - { to: ops, repeat: 5s }`, '4:24: repeat: 5s is too short (it is at least 60 s)'],
  ['no truth', `${ops}routes:\n  - { to: ops, continue: yes please }`, '4:26: continue must be true or false, not "yes please"'],
  [
    'a zone',
    'mute:\n  n: { from: "01:00", to: "02:00", zone: Europe/Berln }',
    "2:42: there is no zone 'Europe/Berln' (did you mean Europe/Berlin?)",
  ],
  [
    'a time of day without quotes',
    'mute:\n  n: { from: 100, to: "02:00" }',
    '2:14: from must be a time of day, not 100 (write "01:30", in quotes)',
  ],
  [
    'a window of no length',
    'mute:\n  n: { from: "01:00", to: "01:00" }',
    '2:27: a window ends where it begins (leave both out for the whole day)',
  ],
  [
    'a window without a time',
    'mute:\n  n: { zone: UTC }',
    '2:6: a window needs a time (write `{ days: mon-fri, from: "01:00", to: "03:00", zone: Europe/Berlin }`)',
  ],
  [
    'an unknown day',
    'mute:\n  n: { days: [mon, tusday] }',
    '2:20: there is no day "tusday" (there are sun, mon, tue, wed, thu, fri, sat, and mon-fri)',
  ],
  [
    'a moment and a time of day',
    'mute:\n  n: { from: "2026-08-01T20:00:00Z", to: "23:00" }',
    '2:42: to: is no moment, as from: is (write both as 2026-08-01T20:00:00Z)',
  ],
  [
    'moments in the wrong order',
    'mute:\n  n: { from: "2026-08-01T20:00:00Z", to: "2026-08-01T19:00:00Z" }',
    '2:42: to: is not after from:',
  ],
  [
    'a cron expression',
    'mute:\n  n: { cron: "0 25 * * *", for: 2h }',
    "2:14: cron: '25' is no hour: 0 to 23 (write `0 1 * * mon-fri`)",
  ],
  ['a cron expression of no length', 'mute:\n  n: { cron: "0 1 * * *" }', '2:6: cron: needs for:, how long it lasts'],
  ['a runbook without a url', 'runbooks:\n  - { reason: slow }', '2:5: a runbook needs a url'],
  ['a runbook that is no URL', 'runbooks:\n  - { url: wiki/x }', '2:12: "wiki/x" is no URL (it begins with https://)'],
  [
    'everything at once',
    'channels:\n  ops: { type: webhook }\n  s: { type: slak }\nroutes:\n  - { to: opps }\n  - { severity: bad, to: ops }\nmute:\n  n: {}\n',
    '2:3: webhook: url is missing',
    "3:14: there is no channel of type 'slak' (did you mean slack?)",
    "5:11: there is no channel 'opps' (did you mean ops?)",
    '6:17: there is no severity "bad" (there are info, warning, critical)',
    '8:6: a window needs a time (write `{ days: mon-fri, from: "01:00", to: "03:00", zone: Europe/Berlin }`)',
  ],
]

describe('a file of alerts with', () => {
  test.each(mistakes)('%s is refused', async (_, text, ...expected) => {
    const error = (await readText(text).catch((caught: unknown) => caught)) as OpsError
    expect(error).toMatchObject({ code: 'E_CONFIG', exit: 78 })
    const { problems } = error.data as { readonly problems: readonly { readonly message: string; readonly hint?: string }[] }
    const told = problems.map(({ message, hint }) => `${message.replace(/^alerts\.yaml:/, '')}${hint ? ` (${hint})` : ''}`)
    expect(told).toEqual(expected)
  })
})

const two = 'channels:\n  a: { type: webhook, url: https://a.example }\n  b: { type: webhook, url: https://b.example }\n'

describe('a file of alerts is warned of', () => {
  const warnings: readonly (readonly [name: string, routes: string, ...warnings: string[]])[] = [
    ['a channel that nobody uses', 'routes: [{ to: a }]', '3:3: no route leads to the channel b'],
    [
      'a route behind one that takes all',
      'routes:\n  - { to: a }\n  - { severity: critical, to: b }',
      '6:5: this route is never reached: what it wants is taken by the one at alerts.yaml:5:5',
    ],
    [
      'a route behind the same one',
      'routes:\n  - { labels: { team: x }, to: a }\n  - { labels: { team: x }, severity: info, to: b }',
      '6:5: this route is never reached: what it wants is taken by the one at alerts.yaml:5:5',
    ],
    [
      'a route behind a pattern that fits',
      'routes:\n  - { labels: { team: "=~shop-.*" }, to: a }\n  - { labels: { team: [shop-1, shop-2] }, to: b }',
      '6:5: this route is never reached: what it wants is taken by the one at alerts.yaml:5:5',
    ],
    [
      'a route whose severities others take',
      'routes:\n  - { severity: critical, to: a }\n  - { severity: [warning, info], to: a }\n  - { to: b }',
      '7:5: this route is never reached: what it wants is taken by the one at alerts.yaml:6:5',
    ],
    [
      'a route that contradicts the one above',
      'routes:\n  - labels: { team: x }\n    to: a\n    routes: [{ labels: { team: y }, to: b }]',
      '7:14: this route can never match: it contradicts the one above it',
    ],
    [
      'severities that contradict each other',
      'routes:\n  - severity: critical\n    to: [a, b]\n    routes: [{ severity: info, to: b }]',
      '7:14: this route can never match: it contradicts the one above it',
    ],
    [
      'a text against a negated one',
      'routes:\n  - labels: { env: "!=staging" }\n    to: [a, b]\n    routes: [{ labels: { env: staging }, to: b }]',
      '7:14: this route can never match: it contradicts the one above it',
    ],
    ['nothing where one goes on', 'routes:\n  - { to: a, continue: true }\n  - { to: b }'],
    ['nothing where the labels differ', 'routes:\n  - { labels: { team: x }, to: a }\n  - { labels: { env: x }, to: b }'],
  ]
  test.each(warnings)('%s', async (_, text, ...expected) => {
    const found = (await readText(`${two}${text}\n`)).warnings
    expect(found.map(({ place, message }) => `${place.replace('alerts.yaml:', '')}: ${message}`)).toEqual(expected)
  })

  test('nothing where it is empty, and nobody is told then', async () => {
    for (const text of ['', '{}', 'channels: {}\nroutes: []\n']) {
      expect(await readText(text)).toEqual({
        config: { channels: new Map(), routes: [], mutes: [], runbooks: [] },
        warnings: [],
      })
    }
  })
})
