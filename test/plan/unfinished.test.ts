import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { tellUnfinished, unfinishedChanges } from '../../src/lib/plan/index.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { ModelFleet, type ModelStep, planOf, startChange } from './model.ts'

const plan = planOf([{ id: 'motd', key: 'motd', value: 'maintenance' } satisfies ModelStep], { name: 'raise the limits' })

const contextIn = (state: string) => ({
  paths: { state, home: undefined, cwd: state, config: [] },
  clock: systemClock,
  runId: 'r9',
  log: () => {},
})

/** A change of two hosts that was stopped after the first, its process in good order. */
async function stopped(state: string, runId = 'r1'): Promise<ModelFleet> {
  const fleet = new ModelFleet(['web1', 'web2'])
  fleet.killAfterMore(1)
  const { log } = await startChange(fleet, state, { plan, runId, act: 'apply' })
  log.note({ is: 'plan', plan, hosts: fleet.hosts, settings: { stepTimeoutMs: 1000, undoTimeoutMs: 1000, concurrency: 1 } })
  await poll('the first host is touched', 10_000, () => fleet.isKilled)
  await log[Symbol.asyncDispose]()
  return fleet
}

const told = async (state: string, except?: string): Promise<string[]> => {
  const lines: string[] = []
  await tellUnfinished({ ...contextIn(state), log: (_, message) => void lines.push(message) }, except ? { except } : {})
  return lines
}

describe('a change that stands half-way', () => {
  test('is told with its hosts and with what ends it, but not to who works on it', async () => {
    await using state = await tempDir()
    await stopped(state.path)
    expect(await told(state.path)).toEqual([`the change 'raise the limits' stands half-way on web1: opsctl undo r1`])
    expect(await told(state.path, 'r1')).toEqual([])
  })

  test('is found in its journal when its process was killed, and from then on without it', async () => {
    await using state = await tempDir()
    await stopped(state.path)
    await writeFile(join(state.path, 'unfinished/r1'), '')
    const found = [{ runId: 'r1', name: 'raise the limits', hosts: ['web1'] }]
    expect(await unfinishedChanges(contextIn(state.path))).toEqual(found)
    await damage(state.path, 'r1')
    expect(await unfinishedChanges(contextIn(state.path))).toEqual(found)
  })

  test('is not told while somebody works on it', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    fleet.killAfterMore(1)
    await using running = (await startChange(fleet, state.path, { plan, runId: 'r1', act: 'apply' })).log
    await poll('the host is touched', 10_000, () => fleet.isKilled)
    expect({ told: await told(state.path), standing: running.state.standing('web1').length }).toEqual({ told: [], standing: 1 })
  })

  test('is told no more after it was taken back', async () => {
    await using state = await tempDir()
    const fleet = await stopped(state.path)
    fleet.revive()
    const { report, log } = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'undo' })
    await report
    await log[Symbol.asyncDispose]()
    expect({ told: await told(state.path), marks: await readdir(join(state.path, 'unfinished')) }).toEqual({
      told: [],
      marks: [],
    })
  })

  test('keeps no other change from being begun when its journal is damaged', async () => {
    await using state = await tempDir()
    await stopped(state.path)
    await writeFile(join(state.path, 'unfinished/r1'), '')
    await damage(state.path, 'r1')
    expect(await told(state.path)).toEqual([
      `the change 'r1' stands half-way on hosts that its damaged journal does not tell: opsctl undo r1`,
    ])
  })

  test('is counted where there are many', async () => {
    await using state = await tempDir()
    for (const runId of ['r1', 'r2', 'r3', 'r4', 'r5']) await stopped(state.path, runId)
    expect((await told(state.path)).map(line => /r\d$|^2 older.*/.exec(line)?.[0])).toEqual([
      'r3',
      'r4',
      'r5',
      '2 older changes stand half-way: opsctl runs list --unfinished',
    ])
  })
})

test('a change that was kept stands half-way again once an undo of it was killed', async () => {
  await using state = await tempDir()
  const fleet = new ModelFleet(['web1', 'web2'])
  const { report, log } = await startChange(fleet, state.path, { plan, runId: 'r1', act: 'apply' })
  log.note({ is: 'plan', plan, hosts: fleet.hosts, settings: { stepTimeoutMs: 1000, undoTimeoutMs: 1000, concurrency: 1 } })
  await report
  await log[Symbol.asyncDispose]()
  expect(await told(state.path)).toEqual([])
  fleet.killAfterMore(1)
  const undo = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'undo' })
  await poll('the first host is taken back', 10_000, () => fleet.isKilled)
  await undo.log[Symbol.asyncDispose]()
  expect(await told(state.path)).toEqual([`the change 'raise the limits' stands half-way on web[1-2]: opsctl undo r1`])
})

test('a change that ended well leaves no mark, so its journal is never read again', async () => {
  await using state = await tempDir()
  const { report, log } = await startChange(new ModelFleet(['web1']), state.path, { plan, runId: 'r1', act: 'apply' })
  await report
  await log[Symbol.asyncDispose]()
  await damage(state.path, 'r1')
  expect(await told(state.path)).toEqual([])
})

test('a mark whose run was removed by hand goes', async () => {
  await using state = await tempDir()
  await mkdir(join(state.path, 'unfinished'))
  await writeFile(join(state.path, 'unfinished/r1'), '')
  expect(await told(state.path)).toEqual([])
  expect(await readdir(join(state.path, 'unfinished'))).toEqual([])
})

/** Cuts the only segment of a journal within its header, which no crash does. */
async function damage(state: string, runId: string): Promise<void> {
  const directory = join(state, 'runs', runId, 'change')
  const [segment = ''] = (await readdir(directory)).filter(name => name !== 'lock')
  await truncate(join(directory, segment), 64)
  await writeFile(join(directory, segment), Buffer.alloc(64, 1))
}
