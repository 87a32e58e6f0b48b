import { describe, expect, test } from 'bun:test'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const rules = `
rules:
  errors: { when: 5xx share > 10 % over 1m, by: [method] }
  slow: { when: p90 request_time > 2 s over 1m }
  pay: { when: path = "/pay" count > 20 over 1m, where: "status: 5xx" }
  words: { regex: { field: user_agent, pattern: "curl/[0-9]", limit: 1, per: 1m } }
`
const sources = 'sources:\n  web: { type: file, paths: [access.log], format: FORMAT }\n'
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Lines of now: some are slow, some fail, some are cut short or escaped. */
function lines(count: number): string {
  const now = new Date()
  const day = `${String(now.getUTCDate()).padStart(2, '0')}/${months[now.getUTCMonth()]}/${now.getUTCFullYear()}`
  const at = `[${day}:${now.toISOString().slice(11, 19)} +0000]`
  const line = (n: number): string => {
    const method = n % 3 === 0 ? 'POST' : 'GET'
    const path = n % 5 === 0 ? '/pay' : `/caf\\xc3\\xa9/${n}?q=\\"x\\"`
    const agent = n % 7 === 0 ? 'curl/8.5' : 'Mozilla/5.0 \\"odd\\"'
    const whole = `198.51.100.${n % 250} - - ${at} "${method} ${path} HTTP/1.1" ${n % 4 === 0 ? 502 : 200} ${n} "-" "${agent}" ${n % 6 === 0 ? 3.25 : 0.01}`
    return n % 11 === 0 ? whole.slice(0, 60) : whole
  }
  return Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('')
}

/** What holds, without the figures of the moment at which that was found. */
const told = (stderr: string): string[] =>
  stderr
    .split('\n')
    .flatMap(line => /a rule holds: (.*?)(?: is | are |,).* rule=(\w+)/.exec(line)?.slice(1).join(' by ') ?? [])
    .sort()

describe('a pipeline of rules alone', () => {
  test.each([
    ['combined-time', ''],
    ['auto', ''],
    ['combined-time', 'shape: [{ add: { env: prod } }]\n'],
  ])(
    'with %s and %j tells what one with a sink tells, and reads on where it was',
    async (format, shape) => {
      await using dir = await tempDir()
      await using home = await tempDir()
      writeFileSync(join(dir.path, 'access.log'), lines(500))
      const head = sources.replace('FORMAT', format) + shape + rules
      writeFileSync(join(dir.path, 'whole.yaml'), `${head}sinks: { out: { type: file, path: out.ndjson } }\n`)
      writeFileSync(join(dir.path, 'rules.yaml'), head)
      const options = { cwd: dir.path, home: home.path, deadlineMs: 60_000 }
      const whole = await opsctl(['ship-logs', '-f', 'whole.yaml'], options)
      const alone = await opsctl(['ship-logs', '-f', 'rules.yaml'], options)
      expect([whole.code, alone.code]).toEqual([0, 0])
      expect(told(whole.stderr).length).toBeGreaterThanOrEqual(4)
      expect(told(alone.stderr)).toEqual(told(whole.stderr))
      appendFileSync(join(dir.path, 'access.log'), lines(10))
      const again = await opsctl(['ship-logs', '-f', 'rules.yaml', '-o', 'json=-'], options)
      expect(again.code).toBe(0)
      const { stdout } = await opsctl(['ship-logs', 'status', 'rules.yaml', '-o', 'json'], options)
      expect(JSON.parse(stdout)).toMatchObject({
        ledger: [{ source: 'web', sink: '(rules)', lines: 510, records: 510, delivered: 510 }],
      })
    },
    120_000,
  )

  test.each([
    ['', 'pipeline.yaml:1:1: a pipeline needs sinks'],
    ['sinks: { out: { type: stdout, from: [b] } }\n', 'pipeline.yaml:2:3: nobody gets what a reads'],
  ])(
    'is the only one that needs no sinks: %j',
    async (sinks, message) => {
      await using dir = await tempDir()
      writeFileSync(
        join(dir.path, 'pipeline.yaml'),
        `sources:\n  a: { type: file, paths: [a.log] }\n  b: { type: file, paths: [b.log] }\n${sinks}`,
      )
      const { code, stderr } = await opsctl(['ship-logs', 'lint', 'pipeline.yaml'], { cwd: dir.path })
      expect({ code, stderr }).toMatchObject({ code: 78, stderr: expect.stringContaining(message) })
    },
    60_000,
  )
})
