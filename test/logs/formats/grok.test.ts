import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatOf } from '../../../src/lib/logs/formats/known-formats.ts'
import { RecordBuffer } from '../../../src/lib/logs/record-buffer.ts'
import { Tally } from '../../../src/lib/logs/tally.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

function recordsOf(expression: string, lines: readonly string[]): Record<string, unknown>[] {
  const records = new RecordBuffer({ whole: true })
  const reader = formatOf(`grok:${expression}`)?.open()
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  for (const _ of reader?.read(bytes, { records, tally: new Tally() }) ?? []);
  const text = Buffer.from(records.take()).toString()
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
}

describe('an expression of grok', () => {
  test.each([
    ['%{IP:client} %{WORD:verb}', '10.1.2.3 GET', { client: '10.1.2.3', verb: 'GET' }],
    ['^%{IP:a} %{IP:b} %{IP:c}$', '::1 2001:db8::7:1 ::ffff:10.0.0.1', { a: '::1', b: '2001:db8::7:1', c: '::ffff:10.0.0.1' }],
    ['%{NUMBER:a} %{NUMBER:b:int} %{NUMBER:c:float} %{NUMBER:d:string}', '1.5 -2.9 -.5 7', { a: 1.5, b: -2, c: -0.5, d: '7' }],
    ['%{NUMBER:a} %{INT:b}', '-1 007', { a: '-1', b: '007' }],
    ['%{WORD:[log][level]} %{WORD:process.name}', 'warn sshd', { 'log.level': 'warn', 'process.name': 'sshd' }],
    ['(?<a>\\d+)-(?P<b>x*)', '12-xx', { a: 12, b: 'xx' }],
    ['(?:%{INT:n}|none=%{WORD:n})', 'none=all', { n: 'all' }],
    ['[%{}] \\%{WORD} %{WORD:a}', '} %{WORD} b', { a: 'b' }],
    ['%{WORD:a}', '-', { raw: '-', error: 'does not match' }],
    [
      '%{SYSLOGLINE}',
      'Mar  9 07:05:01 web1 sshd[812]: Failed password for root',
      {
        timestamp: 'Mar  9 07:05:01',
        logsource: 'web1',
        program: 'sshd',
        pid: 812,
        message: 'Failed password for root',
      },
    ],
    [
      '%{COMBINEDAPACHELOG}',
      '198.51.100.7 - ann [09/Mar/2024:07:05:01 +0100] "GET /cart?x=1 HTTP/1.1" 200 512 "-" "curl/8.5"',
      {
        clientip: '198.51.100.7',
        auth: 'ann',
        timestamp: '09/Mar/2024:07:05:01 +0100',
        verb: 'GET',
        request: '/cart?x=1',
        httpversion: 1.1,
        response: 200,
        bytes: 512,
        referrer: '"-"',
        agent: '"curl/8.5"',
      },
    ],
    [
      '%{TIMESTAMP_ISO8601:time} \\[%{LOGLEVEL:level}\\s*\\] %{JAVACLASS:logger} - %{GREEDYDATA:message}',
      '2026-03-09T07:05:01.120Z [WARN ] com.example.Pay - took %{3} s',
      { time: '2026-03-09T07:05:01.120Z', level: 'WARN', logger: 'com.example.Pay', message: 'took %{3} s' },
    ],
    [
      '%{JAVASTACKTRACEPART}',
      '\tat com.example.Pay.<init>(Pay.java:42)',
      { class: 'com.example.Pay', method: '<init>', file: 'Pay.java', line: 42 },
    ],
  ])('%s reads %j', (expression, line, record) => {
    expect(recordsOf(expression, [line])).toEqual([record])
  })

  test.each([
    ['%{IPP:a}', "--format grok: at column 1: there is no pattern 'IPP'", 'did you mean IP?'],
    ['a %{IP:}', "--format grok: at column 3: there is no pattern 'IP:'", 'write %{PATTERN:field}'],
    ['%{IP:a:integer}', "at column 1: 'integer' is no type", 'there are int, float, string'],
    ['%{IP:a b}', "'a b' can not be the name of a field", 'letters'],
    ['%{IP}', 'has no field', '%{IP:client}'],
    ['(?<=x)%{IP:a}', '--format grok: ', 'no look-around'],
  ])('%s is refused', (expression, message, hint) => {
    expect(() => formatOf(`grok:${expression}`)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message), hint: expect.stringContaining(hint) }),
    )
  })
})

/** What grok of Debian finds: a record for each line that fits. */
async function oracle(expression: string, lines: readonly string[]): Promise<Record<string, string>[]> {
  await using dir = await tempDir()
  const input = join(dir.path, 'lines')
  const program = join(dir.path, 'program.grok')
  writeFileSync(input, `${lines.join('\n')}\n`)
  writeFileSync(
    program,
    `program {
      load-patterns: "/usr/share/grok/patterns/base"
      exec "cat ${input}" { }
      match { pattern: "${expression}" shell: "stdout" reaction: "%{@JSON}" }
    }`,
  )
  const { stdout } = Bun.spawnSync(['grok', '-f', program], { timeout: 20_000 })
  return stdout
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const found: Record<string, string> = JSON.parse(line)
      return Object.fromEntries(
        Object.entries(found).flatMap(([key, value]) => (expression.includes(`%{${key}}`) ? [[key.split(':')[1], value]] : [])),
      )
    })
}

test.skipIf(!needs('grok')).each([
  [
    '%{IP:client} %{WORD:verb} %{URIPATHPARAM:path} %{NUMBER:took}',
    ['10.1.2.3 GET /a?b=1&c=%20 12.5', '255.255.255.255 PUT /x/ 1', 'x'],
  ],
  [
    'user=%{USER:user} from %{HOST:host} %{GREEDYDATA:rest}',
    ['user=ann-1 from web1.example.com and more', 'user=b from localhost '],
  ],
  ['%{MONTH:month} +%{MONTHDAY:day} %{TIME:time} %{DATA:what}: ', ['Mar  9 07:05:01 kernel: x', 'Dec 31 23:59:60 a b: c: d']],
  ['%{TIMESTAMP_ISO8601:t} %{WORD:level}', ['2026-03-09T07:05:01Z INFO', '2026-03-09 07:05:01,123+01:00 WARN']],
  ['%{HTTPDATE:t}', ['[09/Mar/2024:07:05:01 +0100]', '[19/March/2024:17:05:01 -0800]']],
  ['%{URI:uri} %{POSINT:n}', ['https://ann@shop.example:8443/a/b?x=1#y 42', 'ftp://10.0.0.1/x 7']],
  ['%{MAC:mac} %{UNIXPATH:path}$', ['00:1b:44:11:3a:b7 /var/log/app.log', '001b.4411.3ab7 /a']],
  ['%{QS:q} %{BASE16NUM:x}', ['"say \\"hi\\"" 0x1F', "'it' ff"]],
])('%s finds what grok of Debian finds', async (expression, lines) => {
  const found = recordsOf(expression, lines).filter(record => !('error' in record))
  expect(found.length).toBeGreaterThan(1)
  const texts = found.map(record => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)])))
  expect(texts).toEqual(await oracle(expression, lines))
})
