import { expect, test } from 'bun:test'
import { healthReasons, partReasons } from '../../../src/lib/logs/serve/log-health.ts'

const well = { failingMs: 0, waitingRecords: 3, spoolBytes: 0, maxSpoolBytes: 1000 }
const room = { bytes: 0, maxBytes: 1000 }
const ask = {
  lanes: [{ name: 'loki', look: well }],
  troubles: [],
  deadLetters: room,
  unhealthyAfterMs: 60_000,
}

test('nothing is wrong with a pipeline that is well, nor with one that failed a moment ago', () => {
  const failing = { ...well, problem: 'answered 503', failingMs: 59_999 }
  expect(healthReasons(ask)).toEqual([])
  expect(healthReasons({ ...ask, lanes: [{ name: 'loki', look: failing }] })).toEqual([])
})

test('tells of everything that is wrong', () => {
  const lanes = [
    { name: 'loki', look: { ...well, problem: 'answered 503', failingMs: 90_400 } },
    { name: 's3', look: { ...well, spoolBytes: 950 } },
  ]
  const troubles = [
    { source: 'journal', problem: 'journalctl ended', forMs: 61_000 },
    { source: 'app', problem: 'EACCES', forMs: 1000 },
  ]
  expect(healthReasons({ ...ask, lanes, troubles, deadLetters: { bytes: 900, maxBytes: 1000 } })).toEqual([
    { kind: 'source', name: 'journal', message: 'can not be read for 1m1s: journalctl ended', seconds: 61 },
    { kind: 'sink', name: 'loki', message: 'takes nothing for 1m30s: answered 503', seconds: 90 },
    { kind: 'spool', name: 's3', message: 'the spool is 95 % full', share: 0.95 },
    { kind: 'dead-letters', message: 'dead letters are 90 % full', share: 0.9 },
  ])
})

test('a part of a source is no reason by itself, and is told by its name', () => {
  const troubles = [
    { source: 'fleet', part: 'web-3', problem: 'connection refused', forMs: 120_000 },
    { source: 'fleet', part: 'web-4', problem: 'connection refused', forMs: 59_000 },
  ]
  expect(healthReasons({ ...ask, troubles })).toEqual([])
  expect(partReasons({ troubles, unhealthyAfterMs: 60_000 })).toEqual([
    { source: 'fleet', part: 'web-3', message: 'can not be read for 2m: connection refused', seconds: 120 },
  ])
})
