import { describe, expect, test } from 'bun:test'
import { formatOf, plainText } from '../../../src/lib/logs/formats/known-formats.ts'
import { readLines, recordsOf } from '../read-lines.ts'

const format = (text: string) => formatOf(text) ?? plainText
const request = { method: 'GET', path: '/', protocol: 'HTTP/1.1' }
const time = '2024-03-09T07:05:01+01:00'
const at = '[09/Mar/2024:07:05:01 +0100]'

describe('lines become records', () => {
  test.each([
    [
      'combined',
      `198.51.100.7 - - ${at} "GET / HTTP/1.1" 200 512 "-" "curl/8.5"`,
      { remote_addr: '198.51.100.7', time, ...request, status: 200, bytes: 512, user_agent: 'curl/8.5' },
    ],
    [
      'combined',
      `::1 - ann lee ${at} "GET / HTTP/1.1" 304 - "http://a/\\"x\\"" "\\xd0\\x96"`,
      { remote_addr: '::1', remote_user: 'ann lee', time, ...request, status: 304, referer: 'http://a/"x"', user_agent: 'Ж' },
    ],
    ['combined', `h - - ${at} "-" 408 0 "-" "-"`, { remote_addr: 'h', time, status: 408, bytes: 0 }],
    [
      'combined',
      `h - - ${at} "\\x16\\x03\\x01" 400 0 "" "-"`,
      { remote_addr: 'h', time, request: '\x16\x03\x01', status: 400, bytes: 0, referer: '' },
    ],
    [
      'common',
      'h - - [31/Feb/2024:07:05:01 +0100] "GET / HTTP/1.1" 200 99999999999999999999',
      { remote_addr: 'h', time: '31/Feb/2024:07:05:01 +0100', ...request, status: 200, bytes: '99999999999999999999' },
    ],
    [
      'vhost-combined',
      `shop.example:443 h - - ${at} "GET / HTTP/1.1" 200 7 "-" "-"`,
      { server_name: 'shop.example', server_port: 443, remote_addr: 'h', time, ...request, status: 200, bytes_sent: 7 },
    ],
    [
      'nginx:$time_iso8601|$upstream_response_time|${zone:text}|$http_x_forwarded_for',
      '2024-03-09T07:05:01+01:00|0.1, 0.2|eu-1|-',
      { time, upstream_response_time: '0.1, 0.2', zone: 'eu-1' },
    ],
    [
      'nginx:$msec $request_time $request_method',
      '1709964301.250 0.004 PUT',
      { time: '2024-03-09T06:05:01.250Z', request_time: 0.004, method: 'PUT' },
    ],
    [
      'apache:%a %D %{ms}T %{X-Request-Id}i %{usec}t %%',
      '10.0.0.1 1500 1 r-7 1709964301250000 %',
      {
        remote_addr: '10.0.0.1',
        request_time_us: 1500,
        request_time_ms: 1,
        http_x_request_id: 'r-7',
        time: '2024-03-09T06:05:01.250000Z',
      },
    ],
    ['json', ' {"a":1, "b":[{}]} ', { a: 1, b: [{}] }],
    [
      'docker',
      '{"log":"ready\\n","stream":"stderr","time":"2024-03-09T06:05:01.1Z"}',
      { time: '2024-03-09T06:05:01.1Z', stream: 'stderr', message: 'ready' },
    ],
    [
      'docker',
      '{"log":"begin of","stream":"stdout","time":"2024-03-09T06:05:01.1Z"}',
      { time: '2024-03-09T06:05:01.1Z', stream: 'stdout', message: 'begin of', partial: true },
    ],
    [
      'cri',
      '2024-03-09T06:05:01.123456789Z stdout P half a li',
      { time: '2024-03-09T06:05:01.123456789Z', stream: 'stdout', message: 'half a li', partial: true },
    ],
    [
      'klog',
      'I0309 06:05:01.123456    4242 server.go:17] started',
      { time: '03-09 06:05:01.123456', severity: 'info', thread: 4242, file: 'server.go', line: 17, message: 'started' },
    ],
    [
      'logfmt',
      'level=warn msg="a \\"b\\"" took=0.25 id=007 ok=true retry',
      { level: 'warn', msg: 'a "b"', took: 0.25, id: '007', ok: true, retry: true },
    ],
    [
      'syslog',
      '<34>Oct 11 22:14:15 web1 su[77]: failed for root',
      {
        time: 'Oct 11 22:14:15',
        host: 'web1',
        app: 'su',
        pid: '77',
        facility: 'auth',
        severity: 'crit',
        message: 'failed for root',
      },
    ],
    [
      'syslog',
      '2024-03-09T06:05:01.123456+00:00 web1 kernel: oops',
      { time: '2024-03-09T06:05:01.123456+00:00', host: 'web1', app: 'kernel', message: 'oops' },
    ],
    [
      'syslog',
      '<165>1 2003-10-11T22:14:15.003Z db1 evntslog - ID47 [ex@32473 iut="3" note="a \\"b\\" \\]"][z] it happened',
      {
        time: '2003-10-11T22:14:15.003Z',
        host: 'db1',
        app: 'evntslog',
        message_id: 'ID47',
        facility: 'local4',
        severity: 'notice',
        data: { 'ex@32473': { iut: '3', note: 'a "b" ]' }, z: {} },
        message: 'it happened',
      },
    ],
    ['csv:name,count,note', 'disk,12,"full, ""soon"""', { name: 'disk', count: 12, note: 'full, "soon"' }],
    ['regex:(?P<host>\\S+) took (?P<ms>\\d+)', 'web1 took 12 ms', { host: 'web1', ms: 12 }],
    ['text', 'anything', { message: 'anything' }],
    ['logfmt', 'delta=-5 drift=-0.25 id=-07 took=1e-05 sign=-', { delta: -5, drift: -0.25, id: '-07', took: '1e-05', sign: '-' }],
    ['csv:a,b,c', '-3.2,"-3.2",--1', { a: -3.2, b: '-3.2', c: '--1' }],
    ['regex:(?P<celsius>\\S+) (?P<none>\\S+)', '-12.5 -', { celsius: -12.5 }],
    [
      'nginx:$status $connection $upstream_response_time',
      '200 -1 -0.5',
      { status: 200, connection: -1, upstream_response_time: -0.5 },
    ],
    ["nginx:'$status $msec'", '200 1709964301.250', { status: 200, time: '2024-03-09T06:05:01.250Z' }],
    [
      'nginx-main',
      `198.51.100.7 - - ${at} "GET / HTTP/1.1" 200 512 "-" "curl/8.5" "203.0.113.4, 10.0.0.1"`,
      {
        ...{ remote_addr: '198.51.100.7', time, ...request, status: 200, bytes: 512, user_agent: 'curl/8.5' },
        http_x_forwarded_for: '203.0.113.4, 10.0.0.1',
      },
    ],
    [
      'ingress-nginx',
      `198.51.100.7 - - ${at} "GET / HTTP/2.0" 200 512 "-" "curl/8.5" 429 0.004 [shop-web-80] [] 10.0.3.7:8080 512 0.003 200 9f86d081`,
      {
        ...{
          remote_addr: '198.51.100.7',
          time,
          ...request,
          protocol: 'HTTP/2.0',
          status: 200,
          bytes: 512,
          user_agent: 'curl/8.5',
        },
        ...{ request_length: 429, request_time: 0.004, proxy_upstream_name: 'shop-web-80', proxy_alternative_upstream_name: '' },
        ...{ upstream_addr: '10.0.3.7:8080', upstream_response_length: 512, upstream_response_time: 0.003, upstream_status: 200 },
        request_id: '9f86d081',
      },
    ],
    ['cri', '2024-03-09T06:05:01Z stdout F', { time: '2024-03-09T06:05:01Z', stream: 'stdout', message: '' }],
    ['syslog', 'Nov 3 05:35:55 web1 su: x', { time: 'Nov 3 05:35:55', host: 'web1', app: 'su', message: 'x' }],
    [
      'syslog',
      '<189>Nov 23 2026 05:35:55.123 edge1 %SYS-5-CONFIG_I: changed',
      {
        ...{ time: 'Nov 23 2026 05:35:55.123', host: 'edge1', app: '%SYS-5-CONFIG_I' },
        ...{ facility: 'local7', severity: 'notice', message: 'changed' },
      },
    ],
  ])('of %s: %s', (name, line, record) => {
    expect(recordsOf(format(name), `${line}\n`)).toEqual([record])
    expect(recordsOf(format(name), `${line}\r\n`)).toEqual([record])
  })

  test('with names from the first line of a csv', () => {
    expect(recordsOf(format('csv'), 'name,size\na,1\nb,\n')).toEqual([{ name: 'a', size: 1 }, { name: 'b' }])
  })

  test('and bytes of JSON are those of the line', () => {
    const line = '{"id":12345678901234567890,"x":1.10}\n'
    expect(readLines(format('json'), line).bytes.toString()).toBe(line)
  })

  test('with U+FFFD for what is not UTF-8, and NUL as an escape', () => {
    const line = Buffer.concat([
      Buffer.from(`h - - ${at} "GET /`),
      Buffer.from([0xff, 0, 0xc3]),
      Buffer.from(' HTTP/1.1" 200 1\n'),
    ])
    expect(recordsOf(format('common'), line)).toMatchObject([{ path: '/\ufffd\0\ufffd' }])
  })
})

describe('a line that does not fit is kept with the reason', () => {
  test.each([
    ['combined', `h - - ${at} "GET / HTTP/1.1" 200 5 "-" "Mozilla`, 'no closing quote behind user_agent'],
    ['combined', `h - - ${at} "GET / HTTP/1.1" two 5 "-" "-"`, 'status is not a number'],
    ['combined', `h - - ${at} "GET / HTTP/1.1" 200 5 "-" "-" 0.1`, 'goes on behind its last field'],
    ['combined', 'PHP Warning: no such index', "no ' [' behind remote_user"],
    ['nginx:<$status>', '200', "does not begin with '<'"],
    ['json', '{"a":', 'is not JSON'],
    ['json', '[1]', 'is JSON, but not an object'],
    ['docker', '{"a":1}', 'has no log and time'],
    ['logfmt', 'all is well', 'does not begin with name=value'],
    ['logfmt', 'a="b', 'is not made of name=value'],
    ['cri', 'stdout F x', 'does not begin with time, stream and tag'],
    ['klog', 'panic: x', 'does not begin as klog does'],
    ['syslog', 'panic: x', 'begins with no time of syslog'],
    ['syslog', '<999>Oct 11 22:14:15 web1 su: x', 'has a priority beyond 191'],
    ['syslog', '2024-03-09T06:05:01Z INFO server: started', 'begins with no time and host of syslog'],
    ['syslog', '2024-03-09T06:05:01Z stderr F oops', 'begins with no time and host of syslog'],
    ['csv:a,b', '1,2,3', 'has another number of columns'],
    ['csv:a,b', '1,"2', 'has a quote in the wrong place'],
    ['regex:(?P<a>\\d+)', 'none', 'does not match'],
  ])('of %s: %s', (name, line, error) => {
    expect(recordsOf(format(name), `\n${line}\n`)).toEqual([{ raw: line, error }])
    const { tally } = readLines(format(name), `\n${line}\n`)
    expect(tally).toMatchObject({
      lines: 2,
      blank: 1,
      misfits: 1,
      records: 0,
      reasons: [{ reason: error, count: 1, firstLine: 2 }],
    })
  })
})

describe('a format that is wrong is refused, with the place and what it may have been', () => {
  test.each([
    ['nginx:$remote_addr $stats', 'nginx: at column 14: nginx has no variable $stats', 'did you mean $status?'],
    ['nginx:$remote_addr$status', 'nginx: at column 13: nothing stands between remote_addr and status', 'put a character'],
    ['nginx:${zone:txt}', "nginx: at column 1: 'txt' is not a type", 'did you mean text?'],
    ['nginx:${status', 'nginx: at column 1: ${status has no }', undefined],
    ['nginx:', 'nginx: at column 1: it has no variable', 'single quotes'],
    ['nginx:log_format main $status', 'nginx: at column 1: this is the directive', 'what stands in its quotes'],
    ['apache:LogFormat "%h" mine', 'apache: at column 1: this is the directive', 'what stands in its quotes'],
    ['apache:%h %Z', 'apache: at column 4: Apache has no %Z', 'it has a A'],
    ['apache:%h %d', 'apache: at column 4: Apache has no %d', 'did you mean %D?'],
    ['apache:%h %i', 'apache: at column 4: Apache has no %i', 'write %{NAME}i'],
    ['apache:%{msc}t', 'apache: at column 1: %{msc}t is not known here', 'did you mean %{msec}t?'],
    ['apache:%h %', 'apache: at column 4: % names nothing', '%%'],
    ['combind', "there is no format 'combind'", 'did you mean combined?'],
    ['nginx', "there is no format 'nginx'", "did you mean nginx:'…'?"],
    ['regex:(\\d+)', 'has no named group', 'name what is to be a field'],
    ['regex:(?=a)', 'regex:', 'RE2'],
  ])('%s', (text, message, hint) => {
    const refuse = (): unknown => formatOf(text)
    expect(refuse).toThrow(message)
    if (hint !== undefined)
      expect(refuse).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint), code: 'E_USAGE' }))
  })
})

test('of two values of logfmt with one name the last counts', () => {
  expect(readLines(format('logfmt'), 'a=1 b=2 a=3 c="\\q"\n').bytes.toString()).toBe('{"a":3,"b":2,"c":"q"}\n')
})
