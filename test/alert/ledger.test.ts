import { expect, test } from 'bun:test'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { decide } from '../../src/lib/alert/decide.ts'
import { Ledger, type Moment } from '../../src/lib/alert/ledger.ts'
import type { AlertRecord } from '../../src/lib/alert/record.ts'
import { alertSeverities } from '../../src/lib/core/alert.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { FakeChannel } from './fake-channel.ts'
import { configOf, firing, opened, resolved } from './opened.ts'

const step = fc.oneof(
  fc.record({
    kind: fc.constant('raise' as const),
    incident: fc.constantFrom('a', 'b', 'c'),
    status: fc.constantFrom('firing', 'firing', 'resolved'),
    severity: fc.constantFrom(...alertSeverities),
    channels: fc.subarray(['ops', 'pager', 'shop']),
    afterMs: fc.constantFrom(0, 0, 600_000),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    which: fc.nat(20),
    result: fc.constantFrom('delivered', 'delivered', 'refused', 'dropped'),
  }),
  fc.record({ kind: fc.constant('begin' as const), which: fc.nat(20) }),
)

test('what is read again, from the beginning or from any later summary, is what was', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, summaryAt) => {
      const [live, written, sinceSummary]: [Ledger, AlertRecord[], AlertRecord[]] = [new Ledger(), [], []]
      let wall = Date.UTC(2026, 2, 29)
      const now = (): Moment => ({ wall, monotonic: wall })
      for (const [index, each] of steps.entries()) {
        wall += 1000
        if (index === summaryAt) sinceSummary.push(...JSON.parse(JSON.stringify([...live.records()])))
        const record = recordOf(each, { ledger: live, now: now() })
        if (record === undefined) continue
        live.apply(record, now())
        const kept = JSON.parse(JSON.stringify(record))
        written.push(kept)
        if (index >= summaryAt) sinceSummary.push(kept)
      }
      expect(shapeOf(again(written, now()))).toEqual(shapeOf(live))
      if (steps.length > summaryAt) expect(shapeOf(again(sinceSummary, now()))).toEqual(shapeOf(live))
      // Nobody is told the end of what they were not told, and nothing is left of what is over.
      for (const { threads, isResolved } of live.incidents.values()) {
        for (const { told, sends } of threads.values()) {
          const begins = told.length + sends.filter(({ alert }) => alert.status === 'firing').length
          if (sends.some(({ alert }) => alert.status === 'resolved')) expect(begins).toBeGreaterThan(0)
          expect(sends.filter(({ alert }) => alert.status === 'resolved').length).toBeLessThanOrEqual(isResolved ? 1 : 0)
        }
      }
    }),
    { numRuns: 500, seed: 20_260_730 },
  )
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function recordOf(each: Step, { ledger, now }: { readonly ledger: Ledger; readonly now: Moment }): AlertRecord | undefined {
  if (each.kind === 'raise') {
    const { incident, status, severity, channels, afterMs } = each
    if (ledger.isOver(incident)) return undefined
    const alert = (status === 'firing' ? firing : resolved)(incident, { severity })
    const targets = channels.map(channel => ({ channel, afterMs, resolved: channel !== 'shop' }))
    return decide(alert, { incident: ledger.incidents.get(incident), targets, now })
  }
  const heads = [...ledger.incidents.values()]
    .flatMap(({ threads }) => [...threads.values()])
    .filter(({ sends }) => sends.length > 0)
  const thread = heads[each.which % Math.max(1, heads.length)]
  const send = thread?.sends[0]
  if (!thread || !send) return undefined
  send.isBegun = true
  if (each.kind === 'begin') return undefined
  return {
    type: 'settled',
    at: now.wall,
    incident: thread.incident.id,
    channel: thread.channel,
    key: send.key,
    result: each.result,
  }
}

function again(records: readonly AlertRecord[], now: Moment): Ledger {
  const ledger = new Ledger()
  for (const record of records) ledger.apply(record, now)
  return ledger
}

/** All that lasts. */
const shapeOf = (ledger: Ledger): unknown => {
  const records = [...ledger.records()].map(record => JSON.parse(JSON.stringify(record)))
  const backlogs = [...ledger.backlogs].map(([name, { size, bytes }]) => [name, size, bytes]).filter(([, size]) => size !== 0)
  return [records.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)), backlogs.toSorted()]
}

test('the journal does not grow with what is over, and a restart after it is summed up loses nothing', async () => {
  await using directory = await tempDir()
  const ops = new FakeChannel()
  const clock = new FakeClock()
  const config = configOf({ ops })
  const detail = 'x'.repeat(20_000)
  {
    await using open = await opened({ directory: directory.path, config, clock, fsync: 'never' })
    await open.alerting.raise([firing('long-lasting')])
    for (let n = 0; n < 1000; n++) {
      await open.alerting.raise([firing(`prb-${n}`, { detail })])
      await open.alerting.raise([resolved(`prb-${n}`, { detail })])
    }
    await poll('all is told', 60_000, async () => {
      await clock.advance(1)
      return open.alerting.pending().length === 0
    })
    const closing = open[Symbol.asyncDispose]()
    await clock.advance(5000)
    await closing
  }
  expect(ops.taken).toHaveLength(2001)
  // 40 MB were written.
  const journal = join(directory.path, 'alerts')
  const sizes = await Promise.all((await readdir(journal)).map(async name => (await stat(join(journal, name))).size))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(12_000_000)
  await using open = await opened({ directory: directory.path, config, clock })
  await open.alerting.raise([firing('long-lasting'), firing('prb-999', { detail }), resolved('prb-0', { detail })])
  await open.alerting.raise([resolved('long-lasting')])
  await clock.advance(1)
  expect(ops.taken.slice(2001)).toEqual(['long-lasting:resolved'])
  const closing = open[Symbol.asyncDispose]()
  await clock.advance(5000)
  await closing
}, 120_000)
