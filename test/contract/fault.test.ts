import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Component } from '../../src/lib/core/component.ts'
import { StepError, type StepKind } from '../../src/lib/core/plan.ts'
import { faultTypes } from '../../src/lib/drill/fault-types.ts'
import { components } from '../../src/registry.generated.ts'
import { faultCases, faultSetUp, fingerprintOf } from '../drill/fault-cases.ts'
import { hasCgroups, makeOwnCgroups, type OwnCgroups } from '../drill/own-cgroups.ts'
import { needs } from '../helpers/needs.ts'
import { poll } from '../helpers/poll.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { kept, rejection, runAlone } from '../plan/round-trip.ts'
import { type Sandbox, startSandbox } from '../plan/sandbox.ts'

// What holds for every fault, those to come included: it bites, and it leaves nothing behind, whoever heals it and however often.

const entries = components.filter(({ kind, type }) => kind === 'step' && faultTypes.some(known => known === type))
const faults = await Promise.all(entries.map(async ({ load }) => (await load()).default as Component<'step'>))
const timeoutMs = 90_000

describe('faults', () => {
  test('have a case each', () => {
    const cases = new Set(faultCases('/tmp').map(({ type }) => type))
    expect([...cases].sort()).toEqual([...faultTypes])
    expect(faults.map(({ type }) => type)).toEqual([...faultTypes])
  })

  test.each(faults.map(fault => [fault.type, fault] as const))(
    '%s is no step of a change, and can be healed by the host alone',
    (_, fault) => {
      expect(fault).toMatchObject({ kind: 'step', internal: true, schema: { type: 'object', additionalProperties: false } })
      const step = fault.build(fault.example)
      expect(step.describe()).toMatch(/^[a-z][^\n]*$/)
      expect([typeof step.undo, typeof step.undoAlone, typeof step.verifyUndone, typeof step.needs]).toEqual(
        Array(4).fill('function'),
      )
    },
  )
})

describe.skipIf(!needs('root', 'mount', 'netns', 'nft') || !hasCgroups)('a host', () => {
  let directory: TempDir
  let cgroups: OwnCgroups
  let sandbox: Sandbox
  beforeAll(async () => {
    directory = await tempDir()
    cgroups = await makeOwnCgroups()
    sandbox = await startSandbox({ directory: directory.path, setUp: cgroups.setUp + faultSetUp(directory.path) })
  }, timeoutMs)
  afterAll(async () => {
    await sandbox?.[Symbol.asyncDispose]()
    await cgroups?.[Symbol.asyncDispose]()
    await directory?.[Symbol.asyncDispose]()
  })

  const stepOf = (index: number): StepKind => {
    const at = cases()[index]
    const fault = faults.find(({ type }) => type === at?.type)
    if (!at || !fault) throw new Error(`there is no fault ${at?.type}`)
    return fault.build(at.config)
  }
  const cases = () => faultCases(directory.path)
  const names = faultCases('').map(({ type, name }, index) => [type, name, index] as const)

  test.each(names)(
    '%s, %s: is fit, bites, and is healed twice',
    async (_type, _name, index) => {
      const { place } = sandbox
      const state = () => fingerprintOf(sandbox, cases()[index] as never)
      const start = await state()
      expect(await stepOf(index).needs?.(place)).toEqual([])
      const before = kept(await stepOf(index).capture(place))
      expect(stepOf(index).needed(before)).toBe(true)
      expect(stepOf(index).diff(before)).toMatch(/\n$/)
      expect(await rejection(stepOf(index).verify(place, before))).toBeInstanceOf(StepError)
      await stepOf(index).do(place, before)
      await stepOf(index).verify(place, before)
      expect(await state()).not.toBe(start)
      expect(await rejection(stepOf(index).verifyUndone?.(place, before))).toBeInstanceOf(StepError)
      for (const _ of [1, 2]) {
        await stepOf(index).undo?.(place, before)
        await stepOf(index).verifyUndone?.(place, before)
        expect(await state()).toBe(start)
      }
    },
    timeoutMs,
  )

  test.each(names)(
    '%s, %s: is healed by the host alone, twice, and where it never began',
    async (_type, _name, index) => {
      const { place } = sandbox
      const state = () => fingerprintOf(sandbox, cases()[index] as never)
      const start = await state()
      const before = kept(await stepOf(index).capture(place))
      await stepOf(index).undo?.(place, before)
      await runAlone(place, stepOf(index).undoAlone?.(before))
      await stepOf(index).verifyUndone?.(place, before)
      expect(await state()).toBe(start)
      await stepOf(index).do(place, before)
      for (const _ of [1, 2]) {
        await runAlone(place, stepOf(index).undoAlone?.(before))
        await stepOf(index).verifyUndone?.(place, before)
        expect(await state()).toBe(start)
      }
    },
    timeoutMs,
  )

  test.each(['healed', 'healed by the host alone'])(
    'with a proxy tells a client that waits for an answer when it is %s',
    async how => {
      const { place } = sandbox
      const step = stepOf(cases().findIndex(({ type }) => type === 'latency'))
      const before = kept(await step.capture(place))
      await step.do(place, before)
      const wait = 'alarm 30; $web = IO::Socket::INET->new("127.0.0.1:8099"); print STDOUT "open\n"; <$web>; print "closed\n"'
      await sandbox.sh(`perl -MIO::Socket::INET -e '$| = 1; ${wait}' >/run/client.log 2>&1 & :`)
      const said = () => sandbox.sh('cat /run/client.log')
      await poll('the client is connected', 20_000, async () => (await said()).includes('open'))
      if (how === 'healed') await step.undo?.(place, before)
      else await runAlone(place, step.undoAlone?.(before))
      await poll('the client is told', 10_000, async () => (await said()).includes('closed'))
    },
    timeoutMs,
  )
})
