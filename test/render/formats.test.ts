import { describe, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse } from 'yaml'
import type { Report } from '../../src/lib/core/report.ts'
import junit from '../../src/lib/render/junit.ts'
import nagios from '../../src/lib/render/nagios.ts'
import { nagiosStatus } from '../../src/lib/render/nagios-status.ts'
import openmetrics from '../../src/lib/render/openmetrics.ts'
import prometheus from '../../src/lib/render/prometheus.ts'
import table from '../../src/lib/render/table.ts'
import tap from '../../src/lib/render/tap.ts'
import { textWidth } from '../../src/lib/render/text-width.ts'
import { outputs, reports } from '../golden/reports.ts'
import { needs } from '../helpers/needs.ts'
import { textOf } from './memory-outputs.ts'

// What each format promises beyond its golden files, judged by a reader of that format where there is one.

const env = outputs.env()
const all = Object.entries(reports)
const sample = (name: string): Report => {
  const report = reports[name]
  if (report === undefined) throw new Error(`no sample report ${name}`)
  return report
}

/** Any text a host may have as a name, a message or an output, with what formats stumble over. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('|', '#', '\n', '\u0000', ']]>', '"', '\\', "'", '\ud800', '\u001b[31m', 'a\tb', ' '),
)
const anyReport = fc
  .record({ host: anyText, name: anyText, message: anyText, output: fc.uint8Array() })
  .map(({ host, name, message, output }) => {
    const report = sample('three-failed')
    const [item] = report.items
    if (item === undefined) throw new Error('the sample has no item')
    return {
      ...report,
      title: name,
      items: [{ ...item, host, name, message, output: { stderr: outputs.hold(output) } }, ...report.items.slice(1)],
    }
  })

/** Runs a checker with the text on its stdin. */
async function check(argv: string[], text: string): Promise<{ code: number; said: string }> {
  const child = Bun.spawn(argv, { stdin: new Blob([text]), stdout: 'pipe', stderr: 'pipe' })
  const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text())
  return { code: await child.exited, said }
}

/** What prove makes of the TAP documents. */
async function proved(texts: readonly string[]): Promise<{ code: number; said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'opsctl-tap-'))
  try {
    const files = texts.map((_, at) => join(folder, `${at}.tap`))
    await Promise.all(files.map((file, at) => Bun.write(file, texts[at] ?? '')))
    return await check(['prove', '--exec', 'cat', ...files], '')
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('junit', () => {
  const schema = join(import.meta.dirname, '../data/junit.xsd')
  const xmllint = test.skipIf(!needs('xmllint'))

  for (const [name, report] of all) {
    xmllint(`${name} is valid by the schema`, async () => {
      const text = await textOf(junit.build({}).render(report, env))
      expect(await check(['xmllint', '--noout', '--schema', schema, '-'], text)).toEqual({ code: 0, said: '- validates\n' })
    })
  }

  xmllint('is well-formed whatever hosts are called and print', async () => {
    const documents = await Promise.all(fc.sample(anyReport, 30).map(report => textOf(junit.build({}).render(report, env))))
    for (const text of documents) expect(await check(['xmllint', '--noout', '-'], text)).toEqual({ code: 0, said: '' })
  })

  test('has a case that fails whenever the exit code does', async () => {
    for (const [name, report] of all) {
      const text = await textOf(junit.build({}).render(report, env))
      const exit = Number(/name="exitCode" value="(\d+)"/.exec(text)?.[1])
      expect([name, /<(failure|error) /.test(text)]).toEqual([name, exit !== 0])
    }
  })
})

describe('tap', () => {
  const prove = test.skipIf(!needs('prove'))

  for (const [name, report] of all) {
    prove(`${name} passes or fails in prove as the run did`, async () => {
      const text = await textOf(tap.build({}).render(report, env))
      const { code, said } = await proved([text])
      expect(said).not.toContain('Parse errors')
      expect([name, code !== 0]).toEqual([name, /^not ok|^Bail out!/m.test(text)])
    })
  }

  prove('is understood by prove whatever hosts are called and print', async () => {
    const { said } = await proved(
      await Promise.all(fc.sample(anyReport, 40).map(report => textOf(tap.build({}).render(report, env)))),
    )
    expect(said).not.toContain('Parse errors')
    expect(said.match(/Failed tests: +1-3/g)).toHaveLength(40)
  })

  test('has diagnostics that read as YAML', async () => {
    await fc.assert(
      fc.asyncProperty(anyReport, async report => {
        const text = await textOf(tap.build({}).render(report, env))
        const [first = ''] = /(?<=\n {2}---\n)[\s\S]*?(?=\n {2}\.\.\.\n)/.exec(text) ?? []
        expect(parse(first)).toMatchObject({ severity: 'fail', reason: 'exit', exit_code: 1, duration_ms: 184 })
      }),
    )
  })

  test('keeps to its lines whatever hosts are called and print', async () => {
    await fc.assert(
      fc.asyncProperty(anyReport, async report => {
        const [version, plan, title, ...lines] = (await textOf(tap.build({}).render(report, env))).trimEnd().split('\n')
        expect([version, plan]).toEqual(['TAP version 13', '1..12'])
        expect(title).toStartWith('# ')
        for (const line of lines) expect(line).toMatch(/^(ok|not ok) \d+ - |^ {2}/)
        expect(lines[0]).toMatch(/^not ok 1 - /)
        expect(lines[0]).not.toMatch(/(^|[^\\])(\\\\)*# *(skip|todo)/i)
      }),
    )
  })
})

describe('prometheus', () => {
  const promtool = test.skipIf(!needs('promtool'))

  for (const [name, report] of all) {
    promtool(`${name} passes promtool check metrics`, async () => {
      const text = await textOf(prometheus.build({}).render(report, env))
      expect(await check(['promtool', 'check', 'metrics'], text)).toEqual({ code: 0, said: '' })
    })
  }

  test('keeps to its lines, each series once, whatever hosts are called', async () => {
    await fc.assert(
      fc.asyncProperty(anyReport, async report => {
        const lines = (await textOf(prometheus.build({}).render(report, env))).trimEnd().split('\n')
        const series = lines
          .filter(line => !line.startsWith('# '))
          .map(line => /^([a-z_]+\{(?:[A-Za-z_][A-Za-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+\}) -?[\d.e+-]+$/u.exec(line)?.[1])
        expect(series).not.toContain(undefined)
        expect(new Set(series).size).toBe(series.length)
      }),
    )
  })
})

describe('openmetrics', () => {
  const parser = test.skipIf(!needs('python3-prometheus-client'))
  const read =
    'import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as f; list(f(sys.stdin.read()))'

  for (const [name, report] of all) {
    parser(`${name} is read by the parser of prometheus_client`, async () => {
      const text = await textOf(openmetrics.build({}).render(report, env))
      expect(await check(['/usr/bin/python3', '-c', read], text)).toEqual({ code: 0, said: '' })
    })
  }
})

describe('nagios', () => {
  const states: [string, string][] = [
    ['all-ok', 'OK'],
    ['three-failed', 'CRITICAL'],
    ['unreachable', 'UNKNOWN'],
    ['deadline-passed', 'CRITICAL'],
    ['doctor', 'CRITICAL'],
    ['rolled-back', 'CRITICAL'],
    ['empty', 'UNKNOWN'],
  ]
  for (const [name, state] of states) test(`${name} is ${state}`, () => expect(nagiosStatus(sample(name))).toBe(state as 'OK'))

  test('an interrupted run without a failure is UNKNOWN, a warning is WARNING', () => {
    const fine = sample('all-ok')
    expect(nagiosStatus({ ...fine, stopped: { exit: 130, message: 'interrupted' } })).toBe('UNKNOWN')
    expect(nagiosStatus({ ...fine, counts: { ...fine.counts, byVerdict: { pass: 3, warn: 1 } } })).toBe('WARNING')
  })

  test('has one bar, in the first line, and performance data behind it', async () => {
    await fc.assert(
      fc.asyncProperty(anyReport, async report => {
        const text = await textOf(nagios.build({}).render(report, env))
        const [first = ''] = text.split('\n')
        expect(text.match(/\|/g)).toHaveLength(1)
        expect(first).toMatch(
          /^OPSCTL CRITICAL - .* \| ('([^']|'')+'|[^\s'=]+)=-?[\d.]+s?(;;;0)?( ('([^']|'')+'|[^\s'=]+)=-?[\d.]+s?(;;;0)?)*$/u,
        )
      }),
    )
  })

  test('gives the metrics of a single item', async () => {
    const report = sample('one-ok')
    const items = report.items.map(item => ({
      ...item,
      metrics: { 'load 1m': 0.08, "it's=a|b": 3, huge: 1e21, broken: Number.NaN },
    }))
    const text = await textOf(nagios.build({}).render({ ...report, items }, env))
    expect(text).toContain(" 'load 1m'=0.08 'it''s_a/b'=3 'huge'=1000000000000000000000\n")
    expect(text).not.toContain('broken')
  })
})

describe('table', () => {
  const lines = async (name: string, width: number): Promise<string[]> =>
    (await textOf(table.build({}).render(sample(name), outputs.env({ width })))).trimEnd().split('\n')

  test('fits the terminal, wide characters counted', async () => {
    for (const name of Object.keys(reports))
      for (const line of await lines(name, 100)) expect(textWidth(line)).toBeLessThanOrEqual(100)
  })

  test('cuts nothing in a pipe', async () => {
    const text = (await lines('every-reason', 0)).join('\n')
    expect(text).toContain('known_hosts line 12 has another')
    expect(text).not.toContain('…')
  })

  test('lines up its columns', async () => {
    const [head = '', ...rows] = await lines('hostile', 0)
    const before = (line: string, part: string): number => textWidth(line.slice(0, line.indexOf(part)))
    expect(rows.map(row => before(row, /[✓✗]/.exec(row)?.[0] ?? ''))).toEqual([before(head, 'RESULT'), before(head, 'RESULT')])
  })
})
