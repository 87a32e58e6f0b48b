import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { hostNamed } from '../../src/lib/core/host.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import nagios from '../../src/lib/probe/checks/nagios.ts'
import program from '../../src/lib/probe/checks/program.ts'
import { performanceData } from '../../src/lib/probe/performance-data.ts'
import { LocalTransport } from '../../src/lib/transport/local.ts'
import { needs } from '../helpers/needs.ts'
import { opsctl } from '../helpers/opsctl.ts'

const place = {
  transport: new LocalTransport(hostNamed('localhost', { via: 'local' }), { clock: systemClock, env: process.env }),
  clock: systemClock,
  signal: new AbortController().signal,
}
const plugin = (line: string) => nagios.build({ run: line }).run(place)

describe('performance data', () => {
  const cases: readonly [string, Record<string, number>][] = [
    ['time=0.002s;;;0.000;10.000 size=1024B;;;0', { time_seconds: 0.002, size_bytes: 1024 }],
    ['rta=12.4ms;100;500;0; pl=0%;20;60;;', { rta_seconds: 0.0124, pl_percent: 0 }],
    ["'/var lib'=49%;80;90 'it''s'=3", { '/var lib_percent': 49, "it's": 3 }],
    ['load1=0.080;5.000;10.000;0; users=3;;;0', { load1: 0.08, users: 3 }],
    ['requests=812c free=2GB used=1KiB', { requests_total: 812, free_bytes: 2e9, used_bytes: 1024 }],
    ['a=U b=1', { b: 1 }],
    ['a=-3.5e2 b=.5', { a: -350, b: 0.5 }],
    ['no figures here', {}],
    ['', {}],
  ]
  test.each(cases)('%s', (text, metrics) => {
    const found = performanceData(text)
    expect(Object.keys(found)).toEqual(Object.keys(metrics))
    for (const [label, value] of Object.entries(metrics)) expect(found[label]).toBeCloseTo(value, 9)
  })

  test('of any text gives finite numbers and never throws', () => {
    fc.assert(fc.property(fc.string(), text => Object.values(performanceData(text)).every(Number.isFinite)))
  })
})

describe('a plugin', () => {
  const cases: readonly { line: string; is: Record<string, unknown> }[] = [
    { line: 'echo "OK - fine | users=3;;;0"', is: { verdict: 'pass', message: 'OK - fine', metrics: { users: 3 } } },
    { line: 'echo "WARNING - so so"; exit 1', is: { verdict: 'warn', reason: 'state', message: 'WARNING - so so' } },
    { line: 'echo "CRITICAL - bad"; exit 2', is: { verdict: 'fail', reason: 'state', message: 'CRITICAL - bad' } },
    { line: 'echo "UNKNOWN - who knows"; exit 3', is: { verdict: 'unknown', reason: 'unreadable' } },
    { line: 'exit 0', is: { verdict: 'pass', message: 'the plugin says nothing' } },
    {
      line: 'echo no such thing >&2; exit 127',
      is: { verdict: 'unknown', message: 'the plugin ended with status 127, which is none of 0 to 3: no such thing' },
    },
    { line: 'printf "OK - a | x=1\\nmore\\nlines | y=2\\nz=3\\n"', is: { verdict: 'pass', metrics: { x: 1, y: 2, z: 3 } } },
  ]
  test.each(cases.map(each => [each.line, each] as const))('%s', async (line, { is }) => {
    expect(await plugin(line)).toMatchObject(is)
  })

  test.skipIf(!needs('monitoring-plugins'))('of Debian is run as it is', async () => {
    const found = await plugin('/usr/lib/nagios/plugins/check_disk -w 1% -c 1% -p /')
    expect(found).toMatchObject({ verdict: 'pass', message: expect.stringMatching(/^DISK OK/) })
    expect(Object.keys(found.metrics ?? {})).toContain('/_bytes')
    expect(await plugin('/usr/lib/nagios/plugins/check_procs -c 0:0')).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/^PROCS CRITICAL/),
    })
    expect(await plugin('/usr/lib/nagios/plugins/check_dummy 3 lost')).toMatchObject({ verdict: 'unknown' })
  })

  test.skipIf(!needs('monitoring-plugins'))('that others read is what -o nagios prints', async () => {
    const { stdout, code } = await opsctl(['probe', '--check', 'memory', '-o', 'nagios'])
    expect({ stdout, code }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^OPSCTL OK - memory: .*\| .*'used_percent'=[\d.]+%/),
    })
    const negated = Bun.spawnSync([
      '/usr/lib/nagios/plugins/negate',
      '-s',
      '/bin/sh',
      '-c',
      `echo '${stdout.split('\n')[0]?.replaceAll("'", '')}'; exit ${code}`,
    ])
    expect({ code: negated.exitCode, said: negated.stdout.toString() }).toEqual({
      code: 2,
      said: expect.stringMatching(/^OPSCTL CRITICAL - memory/),
    })
  })
})

describe('a program with JSON lines', () => {
  const run = (lines: readonly string[], exit = 0) =>
    program.build({ run: ['sh', '-c', `printf '%s\\n' "$@"; exit ${exit}`, 'sh', ...lines] }).run(place)

  test('gives one judgement or several, the worst for all', async () => {
    expect(await run(['{"verdict":"pass","message":"fine","metrics":{"jobs":3}}'])).toMatchObject({
      verdict: 'pass',
      metrics: { jobs: 3 },
    })
    const several = await run([
      '{"verdict":"pass","message":"fine","dimension":"queue"}',
      '{"verdict":"fail","message":"late","dimension":"age","reason":"threshold"}',
    ])
    expect(several).toMatchObject({
      verdict: 'fail',
      reason: 'threshold',
      message: 'late',
      judgements: [{ dimension: 'queue' }, { dimension: 'age' }],
    })
  })

  const broken: readonly [string, readonly string[], number, RegExp][] = [
    ['no line', [], 0, /judged nothing/],
    ['a line that is no JSON', ['{"verdict":"pass","message":"fine"}', 'oops'], 0, /line 2 .* not JSON: oops/],
    ['a verdict that there is not', ['{"verdict":"great","message":"x"}'], 0, /line 1 .* verdict/],
    ['a figure that is none', ['{"verdict":"pass","message":"x","metrics":{"a":"b"}}'], 0, /metrics.a/],
    ['a status that is not 0', ['{"verdict":"pass","message":"x"}'], 4, /ended with status 4/],
  ]
  test.each(broken)('that prints %s has no verdict', async (_, lines, exit, says) => {
    expect(await run(lines, exit)).toMatchObject({
      verdict: 'unknown',
      reason: 'unreadable',
      message: expect.stringMatching(says),
    })
  })
})
