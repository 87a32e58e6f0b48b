import { describe, expect, test } from 'bun:test'
import { OpsError } from '../../../src/lib/core/errors.ts'
import { literalOf } from '../../../src/lib/logs/rules/condition/pattern-condition.ts'
import { parseCondition } from '../../../src/lib/logs/rules/condition/quick-condition.ts'
import { FieldNames, RecordLine } from '../../../src/lib/logs/rules/line/record-line.ts'
import { rulesOf } from './watching.ts'

const wrong = (text: string): string => {
  try {
    rulesOf(text)
  } catch (error) {
    if (error instanceof OpsError) return `${error.message}${error.hint ? ` (${error.hint})` : ''}`
    throw error
  }
  return 'nothing is wrong'
}
const when = (text: string): string =>
  wrong(`rules:\n  shop:\n    when: ${JSON.stringify(text)}\n`).replace(/^pipeline.yaml:3:11: when: /, '')

describe('a rule that is wrong is told with its place and what was meant', () => {
  test.each([
    ['5xx shar > 10 %', "'5xx shar > 10 %' is no rule (did you mean share?)"],
    ['5xx share > 110 %', "'110 %' is no share (write a number of per cent: 10 %)"],
    ['5xx share > 10', "'10' is no share (write a number of per cent: 10 %)"],
    ['p0 latency > 2 s', 'there is no percentile 0 (write p50, p99 or p99.9)'],
    ['latency > 2 sek', "'2 sek' has the unknown unit 'sek' (there are ns, us, µs, ms, s, m, min, h, d, and KB, MB, GB)"],
    ['latency > 2 s for 5 of 3', '5 of 3 is not possible (the first is at least 1, the second not less, and at most 10000)'],
    ['message matches /(/', /^\/\(\/ is no regular expression: .*RE2 syntax/],
    ['message matches /a', "'/a' has no closing /"],
    ['no status: 200 for 5 minutes', /is no rule/],
    ['5xx count > many over 1m', "'many' is no number of lines (write `5xx count > 50 over 1m`)"],
    ['level: error and staus share > 5 %', /'staus' is no condition/],
    ['', 'pipeline.yaml:3:11: when is empty'],
  ])('when: %s', (text, told) => {
    if (typeof told === 'string') expect(when(text)).toBe(told)
    else expect(when(text)).toMatch(told)
  })

  test.each([
    [
      'rules: []',
      'pipeline.yaml:1:8: rules must be keys and values, not a list (write `rules: { errors: { when: 5xx share > 10 % over 1m } }`)',
    ],
    ['alerts: a.yaml', 'pipeline.yaml:1:1: alerts: has no use without rules:'],
    [
      'rules: { "a b": { when: latency > 2 s } }',
      "pipeline.yaml:1:10: 'a b' can not be the name of a rule (letters, digits, . _ and -)",
    ],
    ['rules: { a: { wen: latency > 2 s } }', "pipeline.yaml:1:15: unknown key 'wen' in a rule (did you mean when?)"],
    ['rules: { a: { severity: bad } }', /the rule a does not say what it watches/],
    [
      'rules: { a: { when: latency > 2 s, severity: critcal } }',
      'pipeline.yaml:1:46: there is no severity "critcal" (did you mean critical?)',
    ],
    ['rules: { a: { when: latency > 2 s, sources: wbe } }', "pipeline.yaml:1:45: there is no source 'wbe' (did you mean web?)"],
    ['rules: { a: { when: latency > 2 s over 1m, over: 2m } }', 'pipeline.yaml:1:44: the window is told in when: already'],
    ['rules: { a: { when: latency > 2 s, over: 1ms } }', 'pipeline.yaml:1:42: over: 1ms is too short (it is at least 1 s)'],
    ['rules: { a: { when: latency > 2 s, over: 2d } }', 'pipeline.yaml:1:42: over: 2d is too long (it is at most 1d)'],
    ['rules: { a: { when: latency > 2 s over 2d } }', /a window is from 1s to 1d/],
    ['rules: { a: { when: latency > 2 s, at_least: 5 } }', 'pipeline.yaml:1:36: at_least is for shares and percentiles'],
    [
      'rules: { a: { when: latency > 2 s, summary: "${valu}" } }',
      'pipeline.yaml:1:45: summary: there is no ${valu} (did you mean ${value}?)',
    ],
    ['rules: { a: { when: latency > 2 s, runbook: wiki } }', 'pipeline.yaml:1:45: runbook: "wiki" is no URL (write https://…)'],
    ['rules: { a: { count: { of: "status: 5xx" } } }', /count needs above: or below:/],
    ['rules: { a: { count: { above: 5 } } }', /count needs of:/],
    ['rules: { a: { count: { of: "status: 5xx", above: 5 }, when: latency > 2 s } }', /a rule has one of when and count/],
    ['rules: { a: { ratio: { of: { cel: "record.status >" }, above: 5 % } } }', /cel: .*, at column \d+ \(a condition in CEL/],
    ['rules: { a: { ratio: { of: {}, above: 5 % } } }', /a condition names no field/],
    ['rules: { a: { threshold: { field: x, above: 5, times: 3 in 5 } } }', /'3 in 5' is not like `3 of 5`/],
    ['rules: { a: { regex: { patern: x } } }', /unknown key 'patern' in regex \(did you mean pattern\?\)/],
  ])('%s', (text, told) => {
    if (typeof told === 'string') expect(wrong(text)).toBe(told)
    else expect(wrong(text)).toMatch(told)
  })
})

describe('conditions are read as people write them', () => {
  test.each([
    ['5xx share > 10 %', 'status: 5xx'],
    ['5xx > 10 %', 'status: 5xx'],
    ['share of status >= 500 and path contains /api > 10 %', 'status >= 500 and path contains /api'],
    ['level: error share > 1 %', 'level: error'],
    ['method != GET and status is not 200 share > 1 %', 'method != GET and status != 200'],
    ["record.status >= 500 && record.path.startsWith('/a') share > 1 %", "record.status >= 500 && record.path.startsWith('/a')"],
    ['message not matches /a b/i share > 1 %', 'message not matches /(?i)a b/'],
    ['path: "/a and b" share > 1 %', 'path: /a and b'],
    ['has error share > 1 %', 'has error'],
  ])('%s', (text, told) => {
    const measure = rulesOf(`rules: { a: { when: ${JSON.stringify(text)} } }`)?.rules[0]?.measure
    expect(measure?.kind === 'ratio' ? measure.of.text : measure).toBe(told)
  })
})

describe('a value is compared', () => {
  const fits = (condition: string, record: object): boolean => {
    const fields = new FieldNames()
    const test = parseCondition(condition).compile(fields)
    const line = new RecordLine(fields.all)
    line.open(new Uint8Array(Buffer.from(`${JSON.stringify(record)}\n`)))
    line.go(0)
    return test(line)
  }

  test.each([
    ['level: error', { level: 'ERROR' }, true],
    ['level: error', { level: 'errors' }, false],
    ['level: error', { level: 'err\tor' }, false],
    ['level: "a\tb"', { level: 'A\tB' }, true],
    ['path: "/é"', { path: '/é' }, true],
    ['path: "/É"', { path: '/é' }, false],
    ['status: 404', { status: 404 }, true],
    ['status: 404', { status: '404' }, true],
    ['status: 5xx', { status: '503' }, true],
    ['status: 5xx', { status: 5030 }, false],
    ['ok: true', { ok: true }, true],
    ['ok: null', { ok: null }, false],
    ['has ok', { ok: null }, false],
    ['has ok', { ok: 0 }, true],
    ['a.b: 1', { a: { b: 1 } }, true],
    ['a.b: 1', { 'a.b': 1, a: { b: 2 } }, true],
    ['n > 2 and n < 5', { n: 3.5 }, true],
    ['n > 2 and n < 5', { n: 'many' }, false],
    ['n != 2', {}, true],
    ['took_ms > 2 s', { took_ms: 2001 }, true],
    ['took_ms > 2 s', { took_ms: 3 }, false],
    ['message matches /pan+ic: \\d/', { message: 'x pannic: 4' }, true],
    ['message matches /kernel panic/', { message: 'kernel  panic' }, false],
    ['message matches /a b/i', { message: 'A B' }, true],
    ['message contains "a/b"', { message: 'xa/by' }, true],
    ['record.status >= 500 && has(record.path)', { status: 503, path: '/' }, true],
    ['record.status >= 500', {}, false],
    ['status >= 500 && !has(user)', { status: 503 }, true],
    ['status >= 500 || path.startsWith("/a")', { status: 200, path: '/b' }, false],
    ['status >= 500 || path.startsWith("/a")', { status: 200 }, false],
    ['path.matches("^/a+$")', { path: '/aa' }, true],
  ])('%s with %j: %p', (condition, record, expected) => expect(fits(condition, record)).toBe(expected))
})

describe('a text that stands in all that fits', () => {
  test.each([
    ['kernel panic', 'kernel panic'],
    ['out of memory: Kill', 'out of memory: Kill'],
    ['^panic:', 'panic:'],
    ['[Ee]rror in', 'rror in'],
    ['a+bcd', 'bcd'],
    ['(foo)+barbaz', 'barbaz'],
    ['ab.cde', 'cde'],
    ['foo|bar', undefined],
    ['foox?', undefined],
    ['(?i)foo', undefined],
    ['\\d+ errors', undefined],
    ['([)]foo)', undefined],
    ['ab', undefined],
  ])('%s', (pattern, literal) => expect(literalOf(pattern)).toBe(literal as never))
})
