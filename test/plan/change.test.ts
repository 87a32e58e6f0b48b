import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { exitCodeOf } from '../../src/lib/core/exit.ts'
import type { Plan } from '../../src/lib/core/plan.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { ModelFleet, type ModelStep, planOf, startChange } from './model.ts'

const steps: readonly ModelStep[] = [
  { id: 'motd', key: 'motd', value: 'maintenance' },
  { id: 'limit', key: 'limit', value: '1024' },
  { id: 'reload', load: true, on: ['motd', 'limit'] },
]

async function run(fleet: ModelFleet, what: Partial<Parameters<typeof startChange>[2]> = {}) {
  await using state = await tempDir()
  const { report, log, items } = await startChange(fleet, state.path, { plan: planOf(steps), runId: 'r1', act: 'apply', ...what })
  const result = await report
  await log[Symbol.asyncDispose]()
  return { report: result, items, code: exitCodeOf(result) }
}

describe('a change', () => {
  test('does every step on every host, wave by wave, and calls a handler once a host', async () => {
    const fleet = new ModelFleet(['web1', 'web2', 'web3'])
    const { code, items } = await run(fleet)
    expect(code).toBe(0)
    expect(fleet.snapshot()['web2']).toEqual({ motd: 'maintenance', limit: '1024', loaded: 'motd,maintenance limit,1024' })
    expect(fleet.effects.get('web1 reload do')).toBe(1)
    expect(items.filter(item => item.path.startsWith('1/')).map(item => item.host)).toEqual(['web1', 'web1', 'web1'])
  })

  test('changes nothing the second time, and calls no handler', async () => {
    const fleet = new ModelFleet(['web1'])
    await run(fleet)
    fleet.effects.clear()
    const { report } = await run(fleet)
    expect({ effects: fleet.effects.size, changed: report.changed }).toEqual({ effects: 0, changed: false })
  })

  test('that fails in a later wave takes everything back and calls the handlers again', async () => {
    const fleet = new ModelFleet(['web1', 'web2', 'web3'])
    fleet.failing.add('web2 limit')
    const before = fleet.snapshot()
    const { code, items } = await run(fleet, { plan: planOf(steps, { waves: [{ count: 1 }, { count: 1 }] }) })
    expect(code).toBe(5)
    const after = fleet.snapshot()
    expect(after['web2']).toEqual(before['web2'])
    expect(after['web1']).toEqual({ motd: 'welcome', loaded: 'motd,welcome' })
    expect(after['web3']).toEqual(before['web3'])
    expect(items.filter(item => item.host === 'web3').map(item => item.outcome)).toEqual(['skipped'])
  })

  test('takes back only the failed host where the rollback is of hosts, and goes on within --max-fail', async () => {
    const fleet = new ModelFleet(['web1', 'web2', 'web3'])
    fleet.failing.add('web2 limit')
    const { code } = await run(fleet, { plan: planOf(steps, { rollback: 'host' }), maxFailures: 1 })
    expect(fleet.snapshot()['web2']?.['motd']).toBe('welcome')
    expect(fleet.snapshot()['web3']?.['motd']).toBe('maintenance')
    expect(code).toBe(1)
  })

  test('says which hosts were never touched, for there is nothing to take back', async () => {
    const fleet = new ModelFleet(['web1'])
    const failing = { ...planOf(steps), steps: [{ ...planOf(steps).steps[0], precheck: [{ type: 'broken', params: {} }] }] }
    const { items } = await run(fleet, { plan: failing as never })
    expect(items[0]).toMatchObject({ outcome: 'failed', rollbackable: false, severity: 'critical' })
  })

  test('that can not be taken back is told as stuck, and the rest is still undone', async () => {
    const fleet = new ModelFleet(['web1'])
    const plan = planOf([steps[0] as ModelStep, { id: 'once', load: true }, { id: 'last', key: 'last', value: 'x' }])
    fleet.failing.add('web1 last')
    const { code, items } = await run(fleet, { plan })
    expect(code).toBe(6)
    expect(items.find(item => item.outcome === 'stuck')?.path).toBe('1/web1/once')
    expect(fleet.snapshot()['web1']?.['motd']).toBe('welcome')
  })
})

describe('a change that was killed before a handler was called', () => {
  const plan = planOf(steps)

  async function kill(fleet: ModelFleet, state: string, effects: number, what = plan): Promise<void> {
    fleet.killAfterMore(effects)
    const { log } = await startChange(fleet, state, { plan: what, runId: 'r1', act: 'apply' })
    log.note({
      is: 'plan',
      plan: what,
      hosts: fleet.hosts,
      settings: { stepTimeoutMs: 1000, undoTimeoutMs: 1000, concurrency: 1 },
    })
    await poll('the process is gone', 10_000, () => fleet.isKilled)
    await log[Symbol.asyncDispose]()
    fleet.revive()
    fleet.effects.clear()
  }

  async function again(fleet: ModelFleet, state: string, runId: string, what = plan) {
    const { report, log, items } = await startChange(fleet, state, { plan: what, runId, act: 'apply' })
    expect(exitCodeOf(await report)).toBe(0)
    await log[Symbol.asyncDispose]()
    return items.find(({ path }) => path.endsWith('/reload'))
  }

  test.each([1, 2])('has it called by the next one, once, after %i of its steps', async effects => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await kill(fleet, state.path, effects)
    const called = await again(fleet, state.path, 'r2')
    expect(fleet.snapshot()['web1']?.['loaded']).toBe('motd,maintenance limit,1024')
    expect(fleet.effects.get('web1 reload do')).toBe(1)
    expect(called?.message).toBe(effects === 2 ? 'called for by r1, which was cut off' : undefined)
    expect(await again(fleet, state.path, 'r3')).toBeUndefined()
    expect(fleet.effects.get('web1 reload do')).toBe(1)
  })

  test.each([
    ['stays here', 'host', 1],
    ['is taken back here too, for it has loaded what stands', 'run', 5],
  ] as const)(
    'has it called by the next one, not by a third, where that one fails elsewhere and %s',
    async (_, rollback, code) => {
      await using state = await tempDir()
      const fleet = new ModelFleet(['web1', 'web2'])
      await kill(fleet, state.path, 2)
      fleet.failing.add('web2 motd')
      const { report, log } = await startChange(fleet, state.path, {
        plan: planOf(steps, { rollback }),
        runId: 'r2',
        act: 'apply',
      })
      expect(exitCodeOf(await report)).toBe(code)
      await log[Symbol.asyncDispose]()
      expect(fleet.snapshot()['web1']?.['loaded']).toBe('motd,maintenance limit,1024')
      fleet.failing.clear()
      fleet.effects.clear()
      await again(fleet, state.path, 'r3')
      expect(fleet.effects.get('web1 reload do')).toBeUndefined()
    },
  )

  test('has what waits for it called with it, and once', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    const chain = planOf([...steps, { id: 'second', load: 'restart', on: ['reload'] }])
    await kill(fleet, state.path, 2, chain)
    await again(fleet, state.path, 'r2', chain)
    expect(fleet.effects.get('web1 second do')).toBe(1)
    fleet.effects.clear()
    await again(fleet, state.path, 'r3', chain)
    expect([...fleet.effects]).toEqual([])
  })

  test('has it called by the next one where its undo got stuck', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await kill(fleet, state.path, 2)
    for (const step of ['motd', 'limit']) fleet.stuck.add(`web1 ${step}`)
    const { report, log } = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'undo' })
    expect(exitCodeOf(await report)).toBe(6)
    await log[Symbol.asyncDispose]()
    fleet.stuck.clear()
    fleet.effects.clear()
    await again(fleet, state.path, 'r3')
    expect(fleet.effects.get('web1 reload do')).toBe(1)
  })

  test('has it called again by its own undo, once the next one has called it', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await kill(fleet, state.path, 2)
    await again(fleet, state.path, 'r2')
    const { report, log } = await startChange(fleet, state.path, { plan, runId: 'r3', changeId: 'r1', act: 'undo' })
    expect(exitCodeOf(await report)).toBe(0)
    await log[Symbol.asyncDispose]()
    expect(fleet.snapshot()['web1']).toEqual({ motd: 'welcome', loaded: 'motd,welcome' })
  })

  test('leaves it to its own undo where the next one is another change, or has another handler', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await kill(fleet, state.path, 2)
    expect(await again(fleet, state.path, 'r2', { ...plan, name: 'another' })).toBeUndefined()
    const restart = planOf([...steps.slice(0, 2), { id: 'reload', load: 'restart', on: ['motd', 'limit'] }])
    expect(await again(fleet, state.path, 'r3', restart)).toBeUndefined()
  })

  test('owes none where it was undone', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await kill(fleet, state.path, 2)
    const { report, log } = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'undo' })
    expect(exitCodeOf(await report)).toBe(0)
    await log[Symbol.asyncDispose]()
    fleet.effects.clear()
    await again(fleet, state.path, 'r3')
    expect(fleet.effects.get('web1 reload do')).toBe(1)
  })
})

describe('a change that was killed on its way back before a handler was called', () => {
  const limit = (value: string): ModelStep => ({ id: 'limit', key: 'limit', value })
  const reload: ModelStep = { id: 'reload', load: true, on: ['limit'] }
  const before = planOf([limit('1'), reload])
  const plan = planOf([limit('1024'), reload])

  /** What a process does that is killed after so many effects, or not at all. */
  async function act(
    fleet: ModelFleet,
    state: string,
    what: Omit<Parameters<typeof startChange>[2], 'plan'> & { plan?: Plan; effects?: number },
  ) {
    const { effects, ...rest } = { plan, ...what }
    if (effects !== undefined) fleet.killAfterMore(effects)
    const { report, log, items } = await startChange(fleet, state, rest)
    if (what.changeId === undefined)
      log.note({
        is: 'plan',
        plan: rest.plan,
        hosts: fleet.hosts,
        settings: { stepTimeoutMs: 1000, undoTimeoutMs: 1000, concurrency: 1 },
      })
    if (effects === undefined) await report
    else await until(report, fleet)
    await log[Symbol.asyncDispose]()
    fleet.revive()
    return items.find(({ path }) => path.endsWith('/reload'))
  }

  const loaded = (fleet: ModelFleet): string | undefined => fleet.snapshot()['web1']?.['loaded']

  test('by an undo has it called by the next one that finds the files as they were, once', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await act(fleet, state.path, { runId: 'r0', plan: before, act: 'apply' })
    await act(fleet, state.path, { runId: 'r1', act: 'apply' })
    await act(fleet, state.path, { runId: 'r2', changeId: 'r1', act: 'undo', effects: 1 })
    expect(loaded(fleet)).toBe('motd,welcome limit,1024')
    const called = await act(fleet, state.path, { runId: 'r3', plan: before, act: 'apply' })
    expect(called?.message).toBe('called for by r1, which was cut off')
    expect(loaded(fleet)).toBe('motd,welcome limit,1')
    expect(await act(fleet, state.path, { runId: 'r4', plan: before, act: 'apply' })).toBeUndefined()
  })

  test('by its own roll-back has it called by the next one too', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    const failing = planOf([limit('1024'), reload, { id: 'last', key: 'last', value: 'x', on: ['limit'] }])
    await act(fleet, state.path, { runId: 'r0', plan: before, act: 'apply' })
    fleet.failing.add('web1 last')
    await act(fleet, state.path, { runId: 'r1', plan: failing, act: 'apply', effects: 4 })
    await act(fleet, state.path, { runId: 'r2', plan: before, act: 'apply' })
    expect(loaded(fleet)).toBe('motd,welcome limit,1 last,x')
  })

  test('has it called once more where the next one had called it before the undo', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    await act(fleet, state.path, { runId: 'r0', plan: before, act: 'apply' })
    await act(fleet, state.path, { runId: 'r1', act: 'apply', effects: 1 })
    await act(fleet, state.path, { runId: 'r2', act: 'apply' })
    await act(fleet, state.path, { runId: 'r3', changeId: 'r1', act: 'undo', effects: 1 })
    expect(loaded(fleet)).toBe('motd,welcome limit,1024')
    await act(fleet, state.path, { runId: 'r4', plan: before, act: 'apply' })
    expect(loaded(fleet)).toBe('motd,welcome limit,1')
    fleet.effects.clear()
    await act(fleet, state.path, { runId: 'r5', plan: before, act: 'apply' })
    expect([...fleet.effects]).toEqual([])
  })
})

describe('the way back', () => {
  const restart: ModelStep = { id: 'restart', load: 'restart' }
  const limit: ModelStep = { id: 'limit', key: 'limit', value: '1024' }
  const motd: ModelStep = { id: 'motd', key: 'motd', value: 'maintenance' }
  const reload: ModelStep = { id: 'reload', load: true, on: ['motd', 'limit'] }

  async function undo(fleet: ModelFleet, state: string, plan: ReturnType<typeof planOf>) {
    const { report, log, items } = await startChange(fleet, state, { plan, runId: 'r2', changeId: 'r1', act: 'undo' })
    const code = exitCodeOf(await report)
    await log[Symbol.asyncDispose]()
    return { code, items }
  }

  test('restarts what was restarted once the files are back, also where no handler was reached', async () => {
    const fleet = new ModelFleet(['web1'])
    fleet.failing.add('web1 limit')
    const { code, items } = await run(fleet, { plan: planOf([motd, restart, limit, reload]) })
    expect(code).toBe(5)
    expect(fleet.snapshot()['web1']).toEqual({ motd: 'welcome', loaded: 'motd,welcome' })
    expect(items.filter(({ outcome }) => outcome === 'undone').map(({ path }) => path)).toEqual([
      '1/web1/limit/undo',
      '1/web1/motd',
      '1/web1/restart',
    ])
  })

  test('calls the handlers once more when it brings back what an earlier one could not', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    const plan = planOf([motd, restart, reload, { id: 'last', key: 'last', value: 'x' }])
    fleet.failing.add('web1 last')
    fleet.stuck.add('web1 motd')
    const first = await startChange(fleet, state.path, { plan, runId: 'r1', act: 'apply' })
    expect(exitCodeOf(await first.report)).toBe(6)
    await first.log[Symbol.asyncDispose]()
    expect(fleet.snapshot()['web1']?.['loaded']).toContain('maintenance')
    fleet.stuck.clear()
    expect((await undo(fleet, state.path, plan)).code).toBe(0)
    expect(fleet.snapshot()['web1']).toEqual({ motd: 'welcome', loaded: 'motd,welcome' })
  })

  test('waits once for a host that can not be reached, not once a step', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    const plan = planOf([motd, limit, { id: 'last', key: 'last', value: 'x' }])
    const done = await startChange(fleet, state.path, { plan, runId: 'r1', act: 'apply' })
    await done.report
    await done.log[Symbol.asyncDispose]()
    fleet.away.add('web1')
    const { report, log, items } = await startChange(fleet, state.path, {
      plan,
      runId: 'r2',
      changeId: 'r1',
      act: 'undo',
      undoTimeoutMs: 1500,
    })
    expect(exitCodeOf(await report)).toBe(6)
    await log[Symbol.asyncDispose]()
    expect(items.map(({ reason }) => reason)).toEqual(['unreachable', 'unreachable', 'unreachable'])
    expect(items.filter(({ durationMs }) => durationMs > 1000)).toHaveLength(1)
  })

  test('has nothing left to do the second time, also after the change was resumed', async () => {
    await using state = await tempDir()
    const fleet = new ModelFleet(['web1'])
    const plan = planOf([motd, limit, reload])
    fleet.killAfterMore(1)
    const killed = await startChange(fleet, state.path, { plan, runId: 'r1', act: 'apply' })
    await until(killed.report, fleet)
    await killed.log[Symbol.asyncDispose]()
    fleet.revive()
    const resumed = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'apply' })
    expect(exitCodeOf(await resumed.report)).toBe(0)
    await resumed.log[Symbol.asyncDispose]()
    expect((await undo(fleet, state.path, plan)).items.map(({ path }) => path)).toEqual([
      'undo/web1/limit',
      'undo/web1/motd',
      'undo/web1/reload',
    ])
    expect(await undo(fleet, state.path, plan)).toEqual({ code: 0, items: [] })
  })
})

describe('a change that was killed', () => {
  const cases = fc.record({
    hosts: fc.integer({ min: 1, max: 5 }),
    keys: fc.uniqueArray(fc.constantFrom('motd', 'limit', 'port', 'owner'), { minLength: 1, maxLength: 4 }),
    handler: fc.boolean(),
    wave: fc.integer({ min: 1, max: 3 }),
    killAfter: fc.integer({ min: 1, max: 20 }),
    killUndoAfter: fc.integer({ min: 1, max: 20 }),
  })
  const numRuns = process.env['SOAK'] === '1' ? 500 : 60

  async function killed(
    input: { hosts: number; keys: string[]; handler: boolean; wave: number; killAfter: number },
    state: string,
  ) {
    const fleet = new ModelFleet(Array.from({ length: input.hosts }, (_, index) => `web${index + 1}`))
    const start = fleet.snapshot()
    const sets = input.keys.map((key): ModelStep => ({ id: `set-${key}`, key, value: 'new' }))
    const all: ModelStep[] = [
      ...sets,
      ...(input.handler ? [{ id: 'reload', load: true as const, on: sets.map(({ id }) => id) }] : []),
    ]
    const plan = planOf(all, { waves: [{ count: input.wave }] })
    fleet.killAfterMore(input.killAfter)
    const { report, log } = await startChange(fleet, state, { plan, runId: 'r1', act: 'apply' })
    await until(report, fleet)
    await log[Symbol.asyncDispose]()
    return { fleet, start, plan }
  }

  test('is brought back to the start by an undo, itself killed once', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async input => {
        await using state = await tempDir()
        const { fleet, start, plan } = await killed(input, state.path)
        fleet.killAfterMore(input.killUndoAfter)
        const first = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'undo' })
        await until(first.report, fleet)
        await first.log[Symbol.asyncDispose]()
        fleet.revive()
        const second = await startChange(fleet, state.path, { plan, runId: 'r3', changeId: 'r1', act: 'undo' })
        await second.report
        await second.log[Symbol.asyncDispose]()
        expect(settings(fleet)).toEqual(settings(start))
      }),
      { numRuns },
    )
  }, 120_000)

  test('is brought to its end when it is resumed', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async input => {
        await using state = await tempDir()
        const { fleet, plan } = await killed(input, state.path)
        fleet.revive()
        const { report, log } = await startChange(fleet, state.path, { plan, runId: 'r2', changeId: 'r1', act: 'apply' })
        expect(exitCodeOf(await report)).toBe(0)
        await log[Symbol.asyncDispose]()
        for (const host of Object.values(fleet.snapshot())) for (const key of input.keys) expect(host[key]).toBe('new')
        if (input.handler) for (const host of Object.values(fleet.snapshot())) expect(host['loaded']).toContain('new')
      }),
      { numRuns },
    )
  }, 120_000)
})

/** What stands without the daemons, which are only loaded again. */
function settings(from: ModelFleet | Record<string, Record<string, string>>): unknown {
  const hosts = from instanceof ModelFleet ? from.snapshot() : from
  return Object.fromEntries(Object.entries(hosts).map(([name, { loaded: _, ...rest }]) => [name, rest]))
}

/** Until the process has ended or was killed. */
async function until(report: Promise<unknown>, fleet: ModelFleet): Promise<void> {
  let ended = false
  const end = (): void => {
    ended = true
  }
  // What a killed process would not have lived to see: its journal is closed under it.
  report.then(end, end)
  await poll('the change ends or is killed', 10_000, () => ended || fleet.isKilled)
}
