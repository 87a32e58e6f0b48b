import { describe, expect, test } from 'bun:test'
import type { Item } from '../../src/lib/core/item.ts'
import { type Report, ReportFold } from '../../src/lib/core/report.ts'
import { failureGroups } from '../../src/lib/render/failure-groups.ts'
import human from '../../src/lib/render/human.ts'
import { humanSummary } from '../../src/lib/render/human-summary.ts'
import { MemoryOutputs, textOf } from './memory-outputs.ts'

const outputs = new MemoryOutputs()
const env = outputs.env()

function failed(host: string, more: Partial<Item> = {}): Item {
  return {
    path: host,
    host,
    name: 'systemctl restart nginx',
    outcome: 'failed',
    startedAt: '2026-11-22T03:14:15.926Z',
    durationMs: 20,
    ...more,
  }
}

function reportOf(items: readonly Item[], more: Partial<Report> = {}): Report {
  const fold = new ReportFold()
  for (const item of items) fold.add(item)
  const fixed = {
    kind: 'exec',
    version: 1,
    runId: 'r1',
    title: 't',
    startedAt: '2026-11-22T03:14:15.926Z',
    durationMs: 4200,
    changed: false,
  } as const
  return { ...fixed, counts: fold.counts, items: fold.items(), omitted: 0, ...more }
}

test('an undo that was asked for is good news, one that a failure brought is not', () => {
  const undone = failed('web1', { outcome: 'undone' })
  expect(humanSummary(reportOf([undone], { kind: 'change' }), env)).toContain('✗ 1 undone')
  const asked = reportOf([{ ...undone, verdict: 'pass' }, failed('web2', { outcome: 'stuck' })], { kind: 'undo' })
  expect(humanSummary(asked, env)).toBe('✗ stuck: web2\n✓ 1 undone  ✗ 1 stuck in 4.2s (run r1)\n')
})

describe('failure groups', () => {
  test('fold messages that differ in the name of the host alone', () => {
    const groups = failureGroups(
      ['web1', 'web2'].map(host => failed(host, { reason: 'unreachable', message: `connect to ${host} port 22: refused` })),
    )
    expect(groups.map(({ what, message, names }) => ({ what, message, names }))).toEqual([
      { what: 'unreachable', message: 'connect to <host> port 22: refused', names: ['web1', 'web2'] },
    ])
  })

  test('leave a name that is part of another word alone', () => {
    const [group] = failureGroups([
      failed('web1', { message: 'web10 and my-web1 and web1.example.net are not web1' }),
      failed('web2'),
    ])
    expect(group?.message).toBe('web10 and my-web1 and web1.example.net are not web1')
    const both = failureGroups(['db', 'db2'].map(host => failed(host, { reason: 'error', message: `dbus: no ${host}.` })))
    expect(both.map(({ message }) => message)).toEqual(['dbus: no <host>.'])
  })

  test('keep a single host its own name', () => {
    const [group] = failureGroups([failed('web1', { reason: 'unreachable', message: 'no route to web1' })])
    expect(group?.message).toBe('no route to web1')
  })

  test('come with the bad before the unknown and the large before the small', () => {
    const items = [
      failed('a', { outcome: 'skipped', reason: 'max-fail' }),
      failed('b', { reason: 'auth' }),
      ...['c', 'd'].map(host => failed(host, { reason: 'exit', data: { exitCode: 3 } })),
    ]
    expect(failureGroups(items).map(({ what }) => what)).toEqual(['exit 3', 'auth', 'max-fail'])
  })

  test('come with what is stuck before everything else', () => {
    const items = [
      ...['a', 'b'].map(host => failed(host, { reason: 'auth' })),
      failed('c', { outcome: 'stuck', reason: 'closed' }),
    ]
    expect(failureGroups(items).map(({ what }) => what)).toEqual(['stuck (closed)', 'auth'])
  })

  test('tell exit statuses and signals apart', () => {
    const items = [
      failed('a', { reason: 'exit', data: { exitCode: 1 } }),
      failed('b', { reason: 'exit', data: { exitCode: 2 } }),
      failed('c', { reason: 'signal', data: { exitCode: null, signal: 'SEGV' } }),
    ]
    expect(failureGroups(items).map(({ what }) => what)).toEqual(['exit 1', 'exit 2', 'ended by SIGSEGV'])
  })
})

describe('the summary', () => {
  const many = Array.from({ length: 25 }, (_, at) => failed(`web${at}`, { reason: 'error', message: `error ${at}` }))

  test('shows twenty groups and says how many more there are', () => {
    const text = humanSummary(reportOf(many), env)
    expect(text.match(/^✗ error:/gm)).toHaveLength(20)
    expect(text).toContain('and 5 more, each in its own way')
  })

  test('shows all groups with -v', () => {
    expect(humanSummary(reportOf(many), { ...env, verbosity: 1 }).match(/^✗ error:/gm)).toHaveLength(25)
  })

  test('leaves out the figures with -q, and says nothing at all when all is well', () => {
    expect(humanSummary(reportOf(many.slice(0, 1)), { ...env, verbosity: -1 })).toBe('✗ error: web0\n    error 0\n')
    expect(humanSummary(reportOf([failed('web1', { outcome: 'ok' })]), { ...env, verbosity: -1 })).toBe('')
  })

  test('says what cut the run short, with -q too', () => {
    const report = reportOf([], { stopped: { exit: 130, message: 'interrupted' } })
    expect(humanSummary(report, { ...env, verbosity: -1 })).toBe('✗ stopped: interrupted\n')
  })

  test('joins names by commas where nothing can fold them', () => {
    const { foldHosts: _, ...plain } = env
    const items = ['web1', 'web2'].map(host => failed(host, { reason: 'auth' }))
    expect(humanSummary(reportOf(items), plain)).toStartWith('✗ auth: web1,web2 (2)\n')
  })
})

describe('stdout', () => {
  const print = (report: Report, verbosity = 0): Promise<string> =>
    textOf(human.build({}).render(report, outputs.env({ verbosity })))

  test('has nothing of a run whose output was shown as it happened', async () => {
    expect(await print(reportOf([failed('web1'), failed('web2', { outcome: 'ok' })]))).toBe('')
    expect(await print(reportOf([failed('web1')]), 2)).toBe('')
  })

  test('lists what was done with -v for other commands', async () => {
    const report = reportOf([failed('web1', { name: 'web1', outcome: 'changed', message: '3 files' })], { kind: 'cp' })
    expect(await print(report)).toBe('')
    expect(await print(report, 1)).toBe('  ✓ web1  20ms  3 files\n')
  })

  test('shows output of a block to its end, or says where it is cut and kept', async () => {
    const body = [outputs.hold('no line feed at the end'), outputs.hold('x', { bytes: 2 ** 30, file: '/var/tmp/web1.out' })]
    const text = await print(reportOf([], { blocks: [{ title: '', hosts: ['web1', 'web2'], outcome: 'ok', body }] }))
    expect(text).toBe(
      '---------------\nweb[1,2] (2)\n---------------\nno line feed at the end\nx\n(cut here: 1 GiB in all, kept in /var/tmp/web1.out)\n',
    )
  })
})
