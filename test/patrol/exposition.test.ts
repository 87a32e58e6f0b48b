import { describe, expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { expositionPieces, expositionText } from '../../src/lib/net/exposition/exposition-text.ts'
import { CheckFamilies } from '../../src/lib/patrol/exposition/check-families.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { bad, Patrolled } from './patrolled.ts'

const minute = 60_000
const parser = `
import sys
sys.path.insert(0, '/usr/lib/python3/dist-packages')
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        print(sample.name, sorted(sample.labels.items()), sample.value)
`

/** What a patrol tells whose checks, hosts and figures have the worst of names. */
async function hostile(): Promise<{ readonly text: string; readonly openmetrics: string }> {
  await using dir = await tempDir()
  await using patrolled = new Patrolled(dir.path)
  const { answers, patrol, clock } = patrolled
  const labels = {
    'a.b': 'dot',
    'a-b': 'dash',
    a_b: 'plain',
    '1st': 'digit',
    __name__: 'opsctl_other',
    __meta_zone: 'x',
    '': 'nothing',
    größe: 'ü',
    reason: 'mine',
    dimension: 'mine too',
    le: '5',
    quote: 'say "hi"',
    path: 'C:\\temp\\new',
    lines: 'one\ntwo\r\nthree',
    half: 'a \ud800 b',
    nul: 'a\0b',
    empty: '',
  }
  const host = { ...hostNamed('web1'), labels: { ...labels, check: 'of the host' } }
  const name = 'shop "front"\\ \n{a="b"}'
  answers[name] = {
    ...bad,
    metrics: {
      'used-percent': 1,
      'used.percent': 2,
      used_percent: 3,
      '': 4,
      '5xx': 5,
      größe: Number.NaN,
      inf: Number.POSITIVE_INFINITY,
    },
    judgements: [
      { dimension: 'a-b', verdict: 'fail', message: 'x' },
      { dimension: 'a.b', verdict: 'pass', message: 'y', metrics: { less: Number.NEGATIVE_INFINITY, tiny: 5e-324, huge: 1e21 } },
    ],
  }
  answers['plain'] = { ...bad, metrics: { used_percent: 7 } }
  const { sampling, ...check } = patrolled.check(name, { hosts: [host] })
  const [first] = sampling
  if (!first) throw new Error('a check is sampled')
  patrol.apply([
    { ...check, sampling: ['a-b', 'a.b'].map(dimension => ({ ...first, dimension })), labels },
    patrolled.check('plain'),
    patrolled.check('pending', { intervalMs: 60 * minute }),
    patrolled.check('off', { isOn: false }),
  ])
  await clock.advance(minute)
  const families = new CheckFamilies()
  const told = () => families.of(patrol.told())
  return { text: expositionText(told(), 'text'), openmetrics: expositionText(told(), 'openmetrics') }
}

async function piped(
  argv: string[],
  input: string,
): Promise<{ readonly code: number; readonly said: string; readonly complaint: string }> {
  const child = Bun.spawn(argv, { stdin: new Blob([Buffer.from(input)]), stdout: 'pipe', stderr: 'pipe' })
  const [said, complaint] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, said, complaint }
}

describe('what a patrol tells Prometheus of hostile checks', () => {
  test('has each label, each series and each family once', async () => {
    const { text } = await hostile()
    const series = text.split('\n').flatMap(line => (line.startsWith('#') ? [] : [line.replace(/ \S+$/, '')]))
    expect(series.length).toBe(new Set(series).size)
    const declared = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(declared.length).toBe(new Set(declared).size)
    for (const line of series) {
      const names = [...line.matchAll(/[{,]([A-Za-z_]\w*)="(?:\\.|[^"\\])*"/g)].map(([, label]) => label)
      expect(names.length).toBe(new Set(names).size)
    }
    expect(text).toContain('reason="refused"')
  })

  test.skipIf(!needs('promtool'))('is read by promtool', async () => {
    const { text } = await hostile()
    const { code, complaint } = await piped(['promtool', 'check', 'metrics'], text)
    // What it says of names that it does not like ends with 3; what it can not read ends with 1.
    expect([code === 1, complaint.includes('error while linting')]).toEqual([false, false])
  })

  test.skipIf(!needs('python3-prometheus-client'))('is read by a parser of OpenMetrics, with all values', async () => {
    const { openmetrics } = await hostile()
    const { code, said, complaint } = await piped(['/usr/bin/python3', '-c', parser], openmetrics)
    expect([code, complaint]).toEqual([0, ''])
    expect(said).toContain("('quote', 'say \"hi\"')")
    expect(said).toContain('one\\ntwo\\r\\nthree')
  })
})

describe('what a patrol tells Prometheus of very many checks', () => {
  test('comes in pieces, with a line of every check in every metric', async () => {
    await using dir = await tempDir()
    await using patrolled = new Patrolled(dir.path)
    const { answers, patrol, clock } = patrolled
    const names = Array.from({ length: 3000 }, (_, index) => `https://shop-${index}.example.com/health`)
    patrol.apply(names.map(name => patrolled.check(name, { intervalMs: minute })))
    for (const name of names) answers[name] = { ...bad, metrics: { total_seconds: 0.25 } }
    await clock.advance(minute)
    const pieces: string[] = []
    for (const piece of expositionPieces(new CheckFamilies().of(patrol.told()), 'text'))
      pieces.push(Buffer.from(piece).toString())
    expect(pieces.length).toBeGreaterThan(15)
    expect(Math.max(...pieces.map(piece => piece.length))).toBeLessThan(270_000)
    const lines = pieces.join('').split('\n')
    for (const metric of ['success', 'suppressed', 'reason_info', 'dimension_success', 'looks_total', 'figure_total_seconds']) {
      const told = lines.filter(line => line.startsWith(`opsctl_check_${metric}{`)).map(line => /check="([^"]*)"/.exec(line)?.[1])
      expect([metric, new Set(told).size, told.length]).toEqual([metric, 3000, 3000])
    }
  }, 30_000)
})
