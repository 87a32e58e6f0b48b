import { describe, expect, test } from 'bun:test'
import type { Item } from '../../src/lib/core/item.ts'
import { Timeline } from '../../src/lib/plan/timeline.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { ModelFleet, type ModelStep, planOf, startChange } from './model.ts'

const at = (ms: number): string => new Date(Date.UTC(2026, 10, 22, 3, 14, 15) + ms).toISOString()

const told = (path: string, more: Partial<Item> = {}): Item => ({
  ...{ path, host: path.split('/')[1] ?? '', name: 'write /etc/motd', outcome: 'changed', startedAt: at(0), durationMs: 5 },
  ...more,
})

describe('a timeline of a change', () => {
  test('names a bar by the id of its step, and says what the step did', () => {
    const timeline = new Timeline()
    timeline.told(told('2/web1/motd', { message: 'done before' }))
    expect(timeline.report).toEqual({
      timeline: [
        {
          ...{ group: 'wave 2', row: 'web1', name: 'motd', startedAt: at(0), durationMs: 5 },
          ...{ outcome: 'changed', message: 'write /etc/motd: done before' },
        },
      ],
    })
  })

  test('names a gate by its title, with its verdict', () => {
    const timeline = new Timeline()
    const { outcome: _, ...gate } = told('1/web1/gate', { name: 'port 443', verdict: 'fail', message: 'connection refused' })
    timeline.told(gate)
    expect(timeline.report.timeline).toMatchObject([{ name: 'port 443', verdict: 'fail', message: 'connection refused' }])
  })

  test('shows the tries of an undo that failed before it as bars of their own, alike ones as one', () => {
    const timeline = new Timeline()
    const start = Date.parse(at(0))
    const tried = (from: number, message: string): void =>
      timeline.tried({ host: 'web1', step: 'motd', startedAt: start + from, endedAt: start + from + 10, message })
    for (const from of [0, 20]) tried(from, 'no route')
    tried(40, 'disk full')
    timeline.told(told('1/web1/motd/undo', { outcome: 'undone', durationMs: 90 }), 'undo')
    expect(timeline.report.timeline?.map(({ startedAt, durationMs, message }) => [startedAt, durationMs, message])).toEqual([
      [at(0), 30, '2 tries: no route'],
      [at(40), 10, 'disk full'],
      [at(50), 40, 'write /etc/motd'],
    ])
  })

  test('ends a hopeless undo with its last try', () => {
    const timeline = new Timeline()
    const start = Date.parse(at(0))
    timeline.tried({ host: 'web1', step: 'motd', startedAt: start, endedAt: start + 10, message: 'no undo' })
    timeline.told(told('1/web1/motd', { outcome: 'stuck', durationMs: 10 }), 'undo')
    expect(timeline.report.timeline?.map(({ durationMs, outcome }) => [durationMs, outcome])).toEqual([[10, 'stuck']])
  })

  test('that is full keeps what went wrong before what went well, and counts the rest', () => {
    const timeline = new Timeline(3)
    for (const host of ['web1', 'web2', 'web3', 'web4']) timeline.told(told(`1/${host}/motd`))
    timeline.told(told('1/web5/motd', { outcome: 'failed' }))
    const { timeline: spans, omittedSpans } = timeline.report
    expect(spans?.map(({ row }) => row)).toEqual(['web1', 'web2', 'web5'])
    expect(omittedSpans).toBe(2)
  })

  test('shows a step that was done and taken back with both bars', async () => {
    const steps: ModelStep[] = [
      { id: 'motd', key: 'motd', value: 'maintenance' },
      { id: 'limit', key: 'limit', value: '1024' },
      { id: 'reload', load: true, on: ['motd'] },
    ]
    const fleet = new ModelFleet(['web1', 'web2', 'web3'])
    fleet.failing.add('web2 limit')
    await using state = await tempDir()
    const { report, log } = await startChange(fleet, state.path, {
      plan: planOf(steps, { waves: [{ count: 1 }, { count: 1 }] }),
      runId: 'r1',
      act: 'apply',
    })
    const { timeline = [] } = await report
    await log[Symbol.asyncDispose]()
    expect(timeline.map(({ group, row, name, outcome }) => `${group} ${row} ${name} ${outcome}`).toSorted()).toEqual([
      'undo web1 limit undone',
      'undo web1 motd undone',
      'undo web1 reload undone',
      'undo web2 limit undone',
      'undo web2 motd undone',
      'wave 1 web1 limit changed',
      'wave 1 web1 motd changed',
      'wave 1 web1 reload changed',
      'wave 2 web2 limit failed',
      'wave 2 web2 motd changed',
      'wave 3 web3 change skipped',
    ])
    expect(timeline.map(({ startedAt }) => startedAt)).toEqual(timeline.map(({ startedAt }) => startedAt).toSorted())
  })
})
