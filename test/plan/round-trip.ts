import { expect } from 'bun:test'
import type { Json } from '../../src/lib/core/json.ts'
import { type LoneCommand, StepError, type StepKind, type StepPlace } from '../../src/lib/core/plan.ts'

/**
 * What every step that changes something must do: capture and undo without a change, do once, find it done, undo twice, and be as before;
 * the same when the host takes it back by itself.
 * Every call is made on a newly built step, and what was captured goes through text, as from a journal in another process.
 */
export async function roundTrip({ build, place, state }: RoundTrip): Promise<void> {
  const start = await state()
  const before = kept(await build().capture(place))
  expect(build().needed(before)).toBe(true)
  expect(build().diff(before)).toMatch(/\n$/)
  expect(await state()).toEqual(start)
  expect(await rejection(build().verify(place, before))).toBeInstanceOf(StepError)
  await build().undo?.(place, before)
  await build().verifyUndone?.(place, before)
  expect(await state()).toEqual(start)

  await build().do(place, before)
  await build().verify(place, before)
  expect(await rejection(build().verifyUndone?.(place, before))).toBeInstanceOf(StepError)
  expect(await state()).not.toEqual(start)
  expect(build().needed(kept(await build().capture(place)))).toBe(false)

  for (const _ of [1, 2]) {
    await build().undo?.(place, before)
    await build().verifyUndone?.(place, before)
    expect(await state()).toEqual(start)
  }

  if (!build().undoAlone) return
  await runAlone(place, build().undoAlone?.(before))
  expect(await state()).toEqual(start)
  await build().do(place, before)
  for (const _ of [1, 2]) {
    await runAlone(place, build().undoAlone?.(before))
    await build().verifyUndone?.(place, before)
    expect(await state()).toEqual(start)
  }
}

/** As the guard of a lease runs them. @throws StepError for one that fails */
export async function runAlone(place: StepPlace, commands: readonly LoneCommand[] = []): Promise<void> {
  for (const { does, argv, stdin } of commands) {
    const { code, stderr } = await place.run({ argv }, stdin && { stdin })
    if (code !== 0) throw new StepError(`could not ${does}: ${Buffer.from(stderr)}`)
  }
}

interface RoundTrip {
  readonly build: () => StepKind
  readonly place: StepPlace
  /** All that must be as before in the end. */
  readonly state: () => Promise<unknown>
}

/** As the journal gives it back. */
export const kept = (before: Json): Json => JSON.parse(JSON.stringify(before))

/** What a promise rejects with; undefined when it does not. */
export async function rejection(call: Promise<unknown> | undefined): Promise<unknown> {
  try {
    await call
    return undefined
  } catch (error) {
    return error
  }
}
