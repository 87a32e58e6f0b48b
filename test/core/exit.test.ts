import { describe, expect, test } from 'bun:test'
import { exitCodeOf, exitCodes, precedence, strongest } from '../../src/lib/core/exit.ts'
import type { Item } from '../../src/lib/core/item.ts'
import { type Report, ReportFold } from '../../src/lib/core/report.ts'

type Part = Pick<Item, 'outcome' | 'verdict' | 'reason'>

const ok: Part = { outcome: 'ok' }
const failed = (reason: Item['reason']): Part => ({ outcome: 'failed', ...(reason && { reason }) })
const skipped = (reason: Item['reason']): Part => ({ outcome: 'skipped', ...(reason && { reason }) })

function reportOf(parts: readonly Part[], stopped?: Report['stopped']): Report {
  const fold = new ReportFold()
  for (const [index, part] of parts.entries()) {
    fold.add({ path: `web${index}`, name: 'exec', startedAt: '2026-03-01T03:00:00.000Z', durationMs: 1, ...part })
  }
  return {
    kind: 'exec',
    version: 1,
    runId: 'r',
    title: 'uptime',
    startedAt: '2026-03-01T03:00:00.000Z',
    durationMs: 1,
    counts: fold.counts,
    items: fold.items(),
    omitted: 0,
    changed: false,
    ...(stopped && { stopped }),
  }
}

describe('the exit code of a report', () => {
  test.each<[string, readonly Part[], number]>([
    ['all ok', [ok, ok], 0],
    ['changed', [{ outcome: 'changed' }], 0],
    ['nothing selected with --allow-empty', [], 0],
    ['one command failed', [ok, failed('exit')], 1],
    ['one was ended by a signal', [ok, failed('signal')], 1],
    ['one ran too long', [ok, failed('timeout')], 1],
    ['one printed too much', [ok, failed('output-limit')], 1],
    ['one connection was lost while it ran', [ok, failed('closed')], 1],
    ['one ended without a status', [ok, failed('no-exit-status')], 1],
    ['one was unreachable', [ok, failed('unreachable')], 3],
    ['one refused the key', [ok, failed('auth')], 3],
    ['one failed and one was unreachable', [failed('exit'), failed('unreachable')], 1],
    ['none was reachable', [failed('unreachable'), failed('connect-timeout')], 69],
    ['all refused', [failed('auth'), failed('hostkey'), failed('sudo')], 77],
    ['none answered, for both reasons', [failed('auth'), failed('unreachable')], 3],
    ['max-fail stopped the rest', [failed('exit'), skipped('max-fail')], 1],
    ['max-fail stopped the rest after unreachable hosts', [failed('unreachable'), skipped('max-fail')], 1],
    ['rolled back', [{ outcome: 'undone' }], 5],
    ['rolled back after a failure', [failed('exit'), { outcome: 'undone' }], 5],
    ['rolled back on one host, kept on another', [failed('exit'), { outcome: 'undone' }, { outcome: 'changed' }], 1],
    ['rollback stuck', [{ outcome: 'stuck' }, { outcome: 'undone' }, failed('exit')], 6],
    ['a check failed', [{ verdict: 'pass' }, { verdict: 'fail' }], 1],
    ['a check gave no verdict', [{ verdict: 'pass' }, { verdict: 'unknown' }], 3],
    [
      'a check failed, and a host could not be looked at',
      [
        { verdict: 'fail', reason: 'status' },
        { verdict: 'unknown', reason: 'unreachable' },
      ],
      1,
    ],
    ['nothing could be looked at', [{ verdict: 'unknown', reason: 'unreachable' }], 69],
    ['a check warned', [{ verdict: 'pass' }, { verdict: 'warn' }, { verdict: 'na' }], 0],
  ])('when %s', (_, parts, code) => expect(exitCodeOf(reportOf(parts))).toBe(code))

  test.each<[string, readonly Part[], number]>([
    ['all hosts were looked at', [skipped(undefined)], 4],
    ['a host could not be looked at', [skipped(undefined), failed('unreachable')], 3],
    ['a host failed', [skipped(undefined), failed('error')], 1],
  ])('with changes pending, when %s', (_, parts, code) => {
    expect(exitCodeOf({ ...reportOf(parts), pending: true })).toBe(code)
  })

  test.each([
    [124, [ok, failed('deadline')], 124],
    [130, [failed('cancelled'), failed('exit')], 130],
    [143, [ok], 143],
    [130, [{ outcome: 'stuck' } as Part], 6],
  ])('when stopped with %d', (exit, parts, code) => expect(exitCodeOf(reportOf(parts, { exit, message: 'stopped' }))).toBe(code))
})

test('every code of the precedence is documented', () => {
  expect(precedence.filter(code => !(code in exitCodes))).toEqual([])
})

test('a code outside the precedence wins, since it names an error of its own', () => {
  expect(strongest([0, 1, 78])).toBe(78)
})
