import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { exitCodeOf } from '../../src/lib/core/exit.ts'
import { type Item, outcomes, reasons, verdicts } from '../../src/lib/core/item.ts'
import { type Report, ReportFold } from '../../src/lib/core/report.ts'
import { ofShard, type Shard } from '../../src/lib/core/shard.ts'
import { inProcess } from '../helpers/in-process.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const start = Date.UTC(2026, 10, 22, 3, 14, 15)

function judged(host: string, verdict: Item['verdict'] = 'pass', more: Partial<Item> = {}): Item {
  const startedAt = new Date(start).toISOString()
  return { path: `${host}/disk`, host, name: 'disk', ...(verdict && { verdict }), startedAt, durationMs: 12, ...more }
}

function report(items: readonly Item[], more: Partial<Report> & { readonly shard?: Shard } = {}): Report {
  const fold = new ReportFold()
  for (const item of items) fold.add(item)
  const { shard, ...others } = more
  const whole: Report = {
    kind: 'probe',
    version: 1,
    runId: `20261122T031415.000-${items[0]?.host ?? shard?.index ?? 'none'}`,
    title: 'disk',
    startedAt: new Date(start).toISOString(),
    durationMs: 100,
    counts: fold.counts,
    items: fold.items(),
    omitted: 0,
    changed: false,
    ...others,
  }
  return ofShard(whole, shard)
}

/** As -o json writes it. */
const written = ({ pending: _, ...each }: Report & { readonly exitCode?: number }): string =>
  JSON.stringify({ exitCode: exitCodeOf(each), ...each }, null, 2)

type Given = Readonly<Record<string, Report | string>>

/** Joins reports in files of these names. */
async function merge(given: Given, ...more: readonly string[]) {
  await using directory = await tempDir()
  await put(directory, given)
  const end = await inProcess(['report', 'merge', ...Object.keys(given), '-o', 'json', ...more], { cwd: directory.path })
  return { ...end, told: end.stdout === '' ? undefined : JSON.parse(end.stdout) }
}

async function put({ path }: TempDir, given: Given): Promise<void> {
  for (const [name, each] of Object.entries(given))
    await writeFile(join(path, name), typeof each === 'string' ? each : written(each))
}

const shard = (index: number, count = 3): Shard => ({ index, count })

describe('opsctl report merge', () => {
  test('joins shares into the whole: earliest start, latest end, hosts in order', async () => {
    const { code, stderr, told } = await merge({
      'a.json': report([judged('web10'), judged('web1')], { shard: shard(2, 2), title: '2 checks', durationMs: 5000 }),
      'b.json': report([judged('web2', 'warn', { reason: 'threshold' })], {
        shard: shard(1, 2),
        title: '2 checks',
        startedAt: new Date(start - 2000).toISOString(),
      }),
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(told).toMatchObject({
      kind: 'probe',
      title: '2 checks',
      startedAt: new Date(start - 2000).toISOString(),
      durationMs: 7000,
      exitCode: 0,
      counts: { total: 3, byVerdict: { pass: 2, warn: 1 }, byReason: { threshold: 1 } },
      data: {
        merged: {
          reports: [
            { file: 'a.json', shard: '2/2', exitCode: 0 },
            { file: 'b.json', shard: '1/2', exitCode: 0 },
          ],
          shards: { count: 2, missing: [] },
        },
      },
    })
    expect(told.items.map(({ host }: Item) => host)).toEqual(['web1', 'web2', 'web10'])
    expect(told.data.shard).toBeUndefined()
  })

  test('tells a share that is missing, and does not succeed', async () => {
    const given = { 'a.json': report([judged('web1')], { shard: shard(1) }), 'c.json': report([], { shard: shard(3) }) }
    const { code, told } = await merge(given)
    expect(code).toBe(3)
    expect(told.items.map(({ path, verdict, reason }: Item) => [path, verdict, reason])).toEqual([
      ['shard 2/3', 'unknown', 'missing'],
      ['web1/disk', 'pass', undefined],
    ])
    expect(told.counts).toEqual({ total: 2, byOutcome: {}, byVerdict: { pass: 1, unknown: 1 }, byReason: { missing: 1 } })
    expect(told.data.merged.shards).toEqual({ count: 3, missing: [2] })
    expect((await merge({ ...given, 'a.json': report([judged('web1', 'fail')], { shard: shard(1) }) })).code).toBe(1)
  })

  test('does not take what lacked a share for the whole, though the share came later', async () => {
    const { told } = await merge({ 'a.json': report([judged('web1')], { shard: shard(1, 2) }) })
    const later = await merge({ 'half.json': JSON.stringify(told), 'b.json': report([judged('web2')], { shard: shard(2, 2) }) })
    expect(later).toMatchObject({ code: 78, stdout: '' })
    expect(later.stderr).toContain('half.json was joined from shares of which some were missing')
  })

  test('joins what was joined before, where it was whole', async () => {
    const { told } = await merge({ 'eu.json': report([judged('eu1')]), 'us.json': report([judged('us1', 'fail')]) })
    const again = await merge({ 'west.json': JSON.stringify(told), 'asia.json': report([judged('asia1')]) })
    expect(again).toMatchObject({ code: 1, told: { counts: { total: 3, byVerdict: { pass: 2, fail: 1 } } } })
  })

  test('counts a copy once, and an item that two reports tell alike', async () => {
    const one = report([judged('web1', 'fail'), judged('web2')])
    const copy = await merge({ 'a.json': one, 'copy.json': one })
    expect(copy).toMatchObject({
      code: 1,
      told: { counts: { total: 2 } },
      stderr: expect.stringContaining('copy.json is the same report'),
    })
    const overlap = await merge({ 'a.json': one, 'b.json': report([judged('web3'), judged('web1', 'fail')]) })
    expect(overlap.told.counts).toEqual({ total: 3, byOutcome: {}, byVerdict: { fail: 1, pass: 2 }, byReason: {} })
    expect(overlap.told.items).toHaveLength(3)
  })

  test('keeps what was printed, with its size and digest, and collates it again', async () => {
    const output = { stdout: { text: 'even\n', bytes: 5_000_000, sha256: 'a'.repeat(64), truncated: true, file: '/var/lib/x' } }
    const ran = (host: string) => ({ ...judged(host, undefined, { outcome: 'ok' }), path: host, output }) as unknown as Item
    const blocks: Report['blocks'] = [{ title: 'web1', hosts: ['web1'], outcome: 'ok', body: [] }]
    const { told } = await merge({
      'a.json': report([ran('web1')], { kind: 'exec', blocks }),
      'b.json': report([ran('web2')], { kind: 'exec', blocks }),
    })
    expect(told.items[0].output.stdout).toEqual({ text: 'even\n', bytes: 5_000_000, sha256: 'a'.repeat(64), truncated: true })
    expect(told.blocks).toMatchObject([{ title: 'web[1-2]', hosts: ['web1', 'web2'], body: [{ text: 'even\n' }] }])
  })

  test.each([
    [
      'of all: nothing was reached',
      [
        [judged('web1', undefined, { outcome: 'failed', reason: 'unreachable' })],
        [judged('web2', undefined, { outcome: 'failed', reason: 'unreachable' })],
      ],
      69,
    ],
    [
      'of some: others were reached',
      [[judged('web1', undefined, { outcome: 'failed', reason: 'unreachable' })], [judged('web2')]],
      3,
    ],
    ['stuck weighs more than failed', [[judged('web1', undefined, { outcome: 'stuck' })], [judged('web2', 'fail')]], 6],
    [
      'undone, and nothing stands elsewhere',
      [[judged('web1', undefined, { outcome: 'undone' })], [judged('web2', undefined, { outcome: 'ok' })]],
      5,
    ],
    [
      'undone here, changed there',
      [[judged('web1', undefined, { outcome: 'undone', reason: 'exit' })], [judged('web2', undefined, { outcome: 'changed' })]],
      0,
    ],
  ] as const)('ends by the table of exit codes: %s', async (_, [a, b], expected) => {
    const { code, told } = await merge({ 'a.json': report(a), 'b.json': report(b) })
    expect({ code, told: told.exitCode }).toEqual({ code: expected, told: expected })
  })

  test('ends as the share that was cut short or found changes pending, where nothing weighs more', async () => {
    const stopped = { exit: 124, message: 'the deadline of 5 s passed' }
    const cut = report([judged('web1')], { shard: shard(1, 2), stopped })
    const pending = { ...report([judged('web2')], { shard: shard(2, 2) }), exitCode: 4 }
    const both = await merge({ 'a.json': cut, 'b.json': pending })
    expect(both).toMatchObject({ code: 124, told: { stopped: { exit: 124, message: 'shard 1/2: the deadline of 5 s passed' } } })
    expect(await merge({ 'a.json': report([judged('web1')], { shard: shard(1, 2) }), 'b.json': pending })).toMatchObject({
      code: 4,
    })
  })

  const one = written(report([judged('web1')]))
  test.each<[string, Given, string]>([
    ['an empty file', { 'a.json': '' }, 'a.json:1:1: empty: the end in the place of a value'],
    ['a file that was cut short', { 'a.json': one.slice(0, 300) }, 'cut short'],
    ['text', { 'a.json': 'PASS disk\n' }, 'a.json:1:1: no JSON: something else in the place of a value'],
    ['JSON lines', { 'a.json': '{"type":"item"}\n{"type":"summary"}\n' }, 'a.json:2:1: no JSON: { in the place of the end'],
    ['the data of a text', { 'a.json': '{ "hosts": [] }' }, "a.json:1:1: no report: it must have required property 'kind'"],
    [
      'items that are gone',
      { 'a.json': one.replace('"total": 1', '"total": 2') },
      'a.json:10:14: no report: it counts 2 items, lists 1',
    ],
    [
      'a verdict that there is not',
      { 'a.json': one.replace('"verdict": "pass"', '"verdict": "passed"') },
      'a.json:22:18: no report: /items/0/verdict must be one of pass, warn, fail, unknown, na',
    ],
    [
      'what a newer opsctl wrote',
      { 'a.json': one.replace('"version": 1', '"version": 2') },
      'a.json:4:14: a report of version 2, and only 1 is known',
    ],
    [
      'reports of two commands',
      { 'a.json': one, 'b.json': report([], { kind: 'exec' }) },
      'b.json is a report of exec, and a.json of probe',
    ],
    [
      'the same share of two runs',
      { 'a.json': report([], { shard: shard(2) }), 'b.json': report([judged('web1')], { shard: shard(2) }) },
      'shard 2/3 is given twice: by a.json and by b.json',
    ],
    [
      'shares of two divisions',
      { 'a.json': report([], { shard: shard(1) }), 'b.json': report([], { shard: shard(2, 4) }) },
      'b.json is shard 2/4, and a.json is shard 1/3',
    ],
    [
      'a share and a whole',
      { 'a.json': report([], { shard: shard(1) }), 'b.json': one },
      'b.json is no shard, and a.json is shard 1/3',
    ],
    [
      'what two reports tell differently',
      { 'a.json': one, 'b.json': report([judged('web1', 'fail')]) },
      'b.json and a.json both tell of web1/disk, and not the same',
    ],
  ])('refuses %s', async (_, given, message) => {
    const { code, stdout, stderr } = await merge(given)
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ code: 'E_REPORT', message: expect.stringContaining(message) })
  })

  test('refuses a file that is not there, and one that can not be read', async () => {
    await using directory = await tempDir()
    await put(directory, { 'a.json': one })
    const run = (file: string) => inProcess(['report', 'merge', 'a.json', file], { cwd: directory.path })
    expect(await run('b.json')).toMatchObject({ code: 78, stderr: expect.stringContaining('b.json: there is no such file') })
    expect(await run('.')).toMatchObject({ code: 78, stderr: expect.stringContaining('.: can not be read') })
  })

  test('makes any format', async () => {
    const given = { 'a.json': report([judged('web1')]), 'b.json': report([judged('web2', 'fail', { reason: 'threshold' })]) }
    const as = async (format: string) => {
      await using directory = await tempDir()
      await put(directory, given)
      return await inProcess(['report', 'merge', ...Object.keys(given), '-o', format], { cwd: directory.path })
    }
    expect((await as('junit')).stdout).toContain('tests="2" failures="1"')
    expect((await as('html')).stdout).toContain('web2')
    expect(
      (await as('ndjson')).stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).type),
    ).toEqual(['item', 'item', 'summary'])
    expect(await as('nagios')).toMatchObject({ code: 2, stdout: expect.stringContaining('CRITICAL') })
  })
})

const golden = join(import.meta.dirname, '../golden')

test.each(readdirSync(golden).filter(name => name.endsWith('.json')))('a report comes out as it went in: %s', async name => {
  const text = await readFile(join(golden, name), 'utf8')
  const { runId: _, data, items, blocks, ...expected } = JSON.parse(text)
  const { code, told } = await merge({ 'a.json': text })
  const byPath = (list: readonly Item[]): Item[] => [...list].sort((a, b) => a.path.localeCompare(b.path))
  expect(told).toMatchObject(expected)
  expect(byPath(told.items)).toEqual(byPath(items.map(withoutFiles)))
  expect(told.data).toMatchObject(data ?? {})
  expect(code).toBe(Number(name.split('.').at(-2)))
})

/** Where output is kept on another machine is not told. */
function withoutFiles(item: Item): Item {
  const { output, ...rest } = item
  if (output === undefined) return item
  const { stdout, stderr } = output
  const bare = (ref: typeof stdout) => ref && { ...ref, file: undefined }
  return JSON.parse(
    JSON.stringify({ ...rest, output: { ...(stdout && { stdout: bare(stdout) }), ...(stderr && { stderr: bare(stderr) }) } }),
  )
}

test('however items are dealt out, the joined report counts and ends like the whole', async () => {
  const item = fc.record({
    outcome: fc.option(fc.constantFrom(...outcomes), { nil: undefined }),
    verdict: fc.option(fc.constantFrom(...verdicts), { nil: undefined }),
    reason: fc.option(fc.constantFrom(...(Object.keys(reasons) as (keyof typeof reasons)[])), { nil: undefined }),
    share: fc.nat(2),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 12 }), async list => {
      const items = list.map(({ share: _, outcome, verdict, reason }, at) =>
        judged(`web${at}`, verdict, { ...(outcome && { outcome }), ...(reason && { reason }) }),
      )
      const parts = [0, 1, 2].map(share =>
        report(
          items.filter((_, at) => list[at]?.share === share),
          { shard: shard(share + 1) },
        ),
      )
      const { code, told } = await merge(Object.fromEntries(parts.map((part, at) => [`${at}.json`, part])))
      const whole = report(items)
      expect({ code, counts: told.counts, items: told.items }).toEqual({
        code: exitCodeOf(whole),
        counts: JSON.parse(JSON.stringify(whole.counts)),
        items: JSON.parse(JSON.stringify(whole.items)),
      })
    }),
    { numRuns: 60 },
  )
}, 60_000)
