import { expect, test } from 'bun:test'
import { detect } from '../../src/lib/logs/detect.ts'

const at = '[09/Mar/2024:07:05:01 +0100]'
const combined = `h - - ${at} "GET / HTTP/1.1" 200 5 "-" "curl"`

test.each([
  ['combined', combined],
  ['combined-time', `${combined} 0.125`],
  ['combinedio', `${combined} 100 200`],
  ['common', `h - - ${at} "GET / HTTP/1.1" 200 5`],
  ['vhost-combined', `shop:80 ${combined}`],
  ['nginx-main', `${combined} "203.0.113.4"`],
  ['ingress-nginx', `${combined} 429 0.004 [shop-web-80] [] 10.0.3.7:8080 512 0.003 200 9f86d081`],
  ['json', '{"level":"info"}'],
  ['docker', '{"log":"x\\n","stream":"stdout","time":"2024-03-09T06:05:01Z"}'],
  ['cri', '2024-03-09T06:05:01Z stdout F x'],
  ['klog', 'E0309 06:05:01.123456    4242 server.go:17] x'],
  ['logfmt', 'time=2024-03-09T06:05:01Z level=info msg="x y"'],
  ['syslog', 'Mar  9 06:05:01 web1 cron[12]: x'],
  ['syslog', '<165>1 2024-03-09T06:05:01Z web1 app - - - x'],
])('finds %s in: %s', (name, line) => {
  expect(detect(Buffer.from(`${line}\n${line}\n`))?.format.name).toBe(name)
})

test('takes what most of mixed lines fit, and says how many', () => {
  const lines = Buffer.from(`${combined}\nstarted\n\n${combined}\n{"a":1}\n${combined}\n`)
  expect(detect(lines)).toMatchObject({ format: { name: 'combined' }, fit: 3, of: 5 })
})

test('takes no level for a host', () => {
  expect(detect(Buffer.from('2024-03-09T06:05:01Z INFO server: up\n2024-03-09T06:05:02Z ERROR down\n'))).toBeUndefined()
})

test.each(['', '\n\n', 'all is well\nso far\n'])('finds nothing in %j', text => {
  expect(detect(Buffer.from(text))).toBeUndefined()
})
