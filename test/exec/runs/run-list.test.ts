import { describe, expect, test } from 'bun:test'
import { cpSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastFailed } from '../../../src/lib/fleet/history.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { did, Past } from './past.ts'

const json = async (past: Past, line: string) => JSON.parse((await past.opsctl(`${line} -o json`)).stdout)

describe('opsctl runs list', () => {
  test('tells when each run began, how long it took and how it ended, the newest first', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    await past.run(5)
    await past.run(4, 'df -h', ['web2'])
    await past.change(3, did('web1'))
    await past.change(2, [...did('web1'), { is: 'end', outcome: 'kept' }])
    const running = await past.begin(1, 'sleep \x1b[2J', ['web1'])
    const { code, stdout } = await past.opsctl('runs list')
    await running.record[Symbol.asyncDispose]()
    expect(code).toBe(0)
    expect(
      stdout.replaceAll(/\b\d+ms/g, 'TIME').replaceAll(/^\S+ +| +(?= )/gm, ''),
    ).toBe(`2026-11-21T03:15:00Z - exec 1 host running sleep ^[[2J
2026-11-20T03:15:00Z TIME change 2 hosts kept, 2 failed raise the limits
2026-11-19T03:15:00Z TIME change 2 hosts unfinished on web1 raise the limits
2026-11-18T03:15:00Z TIME exec 2 hosts 1 failed df -h
2026-11-17T03:15:00Z TIME exec 2 hosts ok uptime
`)
  })

  test('tells of a run whose record is damaged, and lists the others', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [old, damaged] = [await past.run(3), await past.run(2)]
    const change = await past.change(1, did('web1'))
    await writeFile(join(past.state, 'runs', damaged, '0000000000000001.segment'), 'lost and found\n'.repeat(20))
    await writeFile(join(past.state, 'runs', change, 'change/0000000000000001.segment'), '')
    const { code, stdout, stderr } = await past.opsctl('runs list')
    expect(code).toBe(0)
    expect(stdout.split('\n').map(line => line.split(' ')[0])).toEqual([change, old, ''])
    expect(stdout).toContain('unreadable')
    expect(stderr).toContain(`run ${damaged} can not be read: `)
    expect(await past.opsctl('runs prune --yes --older-than 1h')).toMatchObject({ code: 0 })
    expect((await past.opsctl('runs list')).stdout).toContain(change)
  })

  test.each([
    ['nothing', ''],
    ['the first bytes of it', 'opsctlJ1'],
    ['zeros', '\0'.repeat(300)],
  ])('a run of whose record a power cut left %s is one that left no record', async (_, left) => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [old, cut] = [await past.run(3, 'uptime', ['web2']), await past.run(2)]
    await writeFile(join(past.state, 'runs', cut, '0000000000000001.segment'), left)
    const { stdout, stderr } = await past.opsctl('runs list')
    expect([stdout.split('\n').map(line => line.split(' ')[0]), stderr]).toEqual([[old, ''], ''])
    expect((await past.opsctl(`runs show ${cut}`)).stderr).toContain(`opsctl: the run ${cut} left no record\nhint: `)
    expect(await past.opsctl(`undo ${cut}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`opsctl: the run ${cut} left no record: there is nothing to take back\nhint: `),
    })
    expect(await lastFailed(past.state)).toEqual(['web2'])
    expect(await past.opsctl('runs prune --yes --older-than 1h')).toMatchObject({ code: 0 })
  })

  test('reads thousands of runs without a wait for each', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const model = join(past.state, 'runs', await past.run(1))
    const ids = Array.from({ length: 2000 }, (_, index) => `20261101T000000.000-${index.toString(16).padStart(4, '0')}`)
    for (const id of ids) cpSync(model, join(past.state, 'runs', id), { recursive: true })
    const before = process.cpuUsage()
    const { runs } = await json(past, 'runs list --limit 0')
    const { user, system } = process.cpuUsage(before)
    expect(runs).toHaveLength(ids.length + 1)
    // 0.1 ms each here; when every read went to another thread it was 0.8, and 1.6 of waiting besides.
    expect((user + system) / 1000 / ids.length).toBeLessThan(0.5)
  }, 60_000)

  test('stops at the limit and says so', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    for (const days of [4, 3, 2, 1]) await past.run(days)
    expect((await past.opsctl('runs list --limit 1')).stdout.split('\n').slice(1)).toEqual([
      'and 3 older: --limit 0 shows all',
      '',
    ])
    expect(await json(past, 'runs list --limit 3')).toMatchObject({ runs: { length: 3 }, omitted: 1 })
    expect(await json(past, 'runs list --limit 0')).toMatchObject({ runs: { length: 4 }, omitted: 0 })
  })

  test('shows with --unfinished what somebody has to end, and nothing else', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    expect((await past.opsctl('runs list --unfinished')).stdout).toBe('no change stands half-way\n')
    const runId = await past.change(60, [...did('web1'), ...did('web2'), { is: 'end', outcome: 'stuck' }])
    await past.run(1)
    await past.change(1, [])
    expect((await json(past, 'runs list --unfinished')).runs).toMatchObject([
      { runId, outcome: 'stuck on web[1-2]', change: 'stuck' },
    ])
  })
})

describe('opsctl runs settle', () => {
  test('ends a change that a human has put right by hand, so that nobody is told of it any more', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const runId = await past.change(60, [...did('web1'), { is: 'end', outcome: 'stuck' }])
    expect(await past.opsctl(`runs settle ${runId}`)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') })
    expect((await json(past, 'runs list --unfinished')).runs).toHaveLength(1)
    expect(await past.opsctl(`runs settle --yes ${runId}`)).toMatchObject({ code: 0, stdout: expect.stringContaining('web1') })
    expect((await json(past, 'runs list --unfinished')).runs).toEqual([])
    expect(await past.opsctl(`runs settle --yes ${runId}`)).toMatchObject({ code: 2, stderr: expect.stringContaining('settled') })
    expect((await past.opsctl('exec -t localhost -- true')).stderr).not.toContain('half-way')
  })

  test('leaves a change alone that is kept', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const runId = await past.change(1, [...did('web1'), { is: 'end', outcome: 'kept' }])
    expect(await past.opsctl(`runs settle --yes ${runId}`)).toMatchObject({ code: 2, stderr: expect.stringContaining('kept') })
  })
})

describe('opsctl runs show', () => {
  test('tells every step on every host in the order of the plan, hosts of which the same is to be told together', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const runId = await past.change(1, [
      ...did('web2', 'reload'),
      ...did('web2'),
      { is: 'undone', host: 'web2', step: 'config', outcome: 'stuck', message: 'no space left\non device' },
      { is: 'result', host: 'web1', step: 'config', outcome: 'ok' },
      { is: 'end', outcome: 'stuck' },
    ])
    const { code, stdout } = await past.opsctl(`runs show ${runId}`)
    expect(code).toBe(0)
    expect(stdout.replace(/took \d+ms/, 'took TIME')).toBe(`change: raise the limits
began: 2026-11-21T03:15:00.000Z, took TIME
hosts: web[1-2]
failed or without an answer: web[1-2]
change: stuck on web2
  web1
    config: ok
    reload: not begun
  web2
    config: stuck (no space left on device)
    reload: changed
`)
    expect((await json(past, `runs show ${runId}`)).steps).toEqual([
      { host: 'web1', step: 'config', standing: 'ok' },
      { host: 'web1', step: 'reload', standing: 'not begun' },
      { host: 'web2', step: 'config', standing: 'stuck', message: 'no space left\non device' },
      { host: 'web2', step: 'reload', standing: 'changed' },
    ])
  })

  test('is a page as well, and succeeds whatever came of the run', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const change = await past.change(2, [...did('web1'), { is: 'end', outcome: 'stuck' }])
    const { code, stdout } = await past.opsctl(`runs show -o html ${change}`)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^<!doctype html>[\s\S]*raise the limits[\s\S]*web2/i),
    })
    const plain = await past.run(1, 'uptime', ['web2'])
    expect((await past.opsctl(`runs show -o tap ${plain}`)).stdout).toContain('ok 1 - web1')
  })

  test('knows no run that was never recorded', async () => {
    await using home = await tempDir()
    const { code, stderr } = await new Past(home.path).opsctl('runs show ../../etc')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('there is no run ../../etc') })
  })
})
