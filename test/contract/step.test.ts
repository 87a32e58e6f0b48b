import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Component } from '../../src/lib/core/component.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { ParamsError } from '../../src/lib/core/params.ts'
import { StepError, type StepKind, type StepPlace } from '../../src/lib/core/plan.ts'
import { TransportError } from '../../src/lib/core/transport.ts'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { kept, rejection, roundTrip, runAlone } from '../plan/round-trip.ts'
import { fileCases, type StepCase } from '../plan/step-cases.ts'
import { fingerprint, fullHost, MortalHost, stepPlace, stepToolboxes, toolboxHost } from '../plan/step-host.ts'

// What holds for every kind of step, those to come included.

const folder = join(import.meta.dirname, '../../src/lib/plan/steps')
const files = (await readdir(folder)).filter(file => file.endsWith('.ts')).sort()
const modules = await Promise.all(files.map(file => import(join(folder, file))))
const components: Component<'step'>[] = modules.flatMap(module => module.default ?? [])

let scratch: TempDir
beforeAll(async () => {
  scratch = await tempDir()
})
afterAll(() => scratch[Symbol.asyncDispose]())

/** All cases in a soak, some in every check. */
const soak = counted({ reduced: 0, full: 1 }) === 1

/** A new directory as the case wants it. */
async function prepared(at: StepCase): Promise<string> {
  const root = join(scratch.path, 'root')
  await rm(root, { recursive: true, force: true })
  await mkdir(root)
  at.prepare(root)
  return root
}

function kindOf(at: StepCase, root: string): StepKind {
  const component = components.find(({ type }) => type === at.type)
  if (component === undefined) throw new Error(`there is no step ${at.type}`)
  return component.build(at.config(root))
}

for (const component of components) {
  describe(component.type, () => {
    test('says what it is', () => {
      expect(component.kind).toBe('step')
      expect(component.type).toMatch(/^[a-z][a-z0-9-]*$/)
      expect(component.summary).toMatch(/^[a-z].*[^.]$/)
      expect(component.schema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(component.build(component.example).describe()).toMatch(/^[a-z][^\n]*$/)
    })

    test('looks at this machine as its example says, or tells why it can not', async () => {
      const step = component.build(component.example)
      try {
        const before = kept(await step.capture(stepPlace(fullHost())))
        expect(step.diff(before) !== '' || !step.needed(before)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(StepError)
      }
    }, 60_000)

    // Packages are taken back in view of what else came meanwhile, and from a repository.
    const alone = component.type !== 'package'

    test(`can ${alone ? '' : 'not '}be taken back by a host that is left to itself`, () => {
      expect(component.build(component.example).undoAlone !== undefined).toBe(alone)
    })

    const properties = Object.keys((component.schema as { readonly properties: object }).properties)

    test.each(properties)('knows what is meant by a wrong spelling of %s', property => {
      const wrong = `${property}x`
      const build = () => component.build({ ...(component.example as object), [wrong]: 'value' })
      const error = thrownBy(build)
      expect(error).toBeInstanceOf(ParamsError)
      expect(error).toMatchObject({ path: [wrong], hint: expect.stringContaining(property) })
    })

    test('refuses what is no mapping', () => {
      for (const config of [null, 'text', 7, []]) expect(thrownBy(() => component.build(config))).toBeInstanceOf(ParamsError)
    })
  })
}

for (const toolbox of stepToolboxes) {
  describe.skipIf(!needs(...toolbox.needs))(toolbox.name, () => {
    let place: StepPlace
    beforeAll(async () => {
      place = stepPlace(await toolboxHost(toolbox.tools, join(scratch.path, toolbox.name)))
    })
    for (const at of fileCases) test(`${at.type} does and undoes ${at.name}`, async () => lifecycle(at, place), 60_000)
  })
}

describe.skipIf(!needs('dash'))('a host on which scripts die', () => {
  const mortal = fileCases.filter(
    ({ type, name }) => type !== 'command' && (soak || /new file|symbolic|^a file|last line/.test(name)),
  )
  const ways = [
    { how: 'undone', back: undo },
    { how: 'undone by the host alone', back: undoAlone },
  ] as const
  for (const at of mortal) {
    for (const { how, back, when } of ways.flatMap(way => (['before', 'after'] as const).map(when => ({ ...way, when })))) {
      test(`${at.type}: ${at.name}, is ${how} wherever it died ${when} a program`, async () => {
        const host = await MortalHost.make(join(scratch.path, 'mortal'))
        let deaths = 0
        for (let nth = 1; ; nth++) {
          const root = await prepared(at)
          const start = fingerprint(root)
          const before = kept(await kindOf(at, root).capture(host.place))
          await host.dieAt(nth, when)
          const died = await dies(kindOf(at, root).do(host.place, before))
          if (died) deaths++
          // The way back may die as well, at the same place.
          await host.dieAt(nth, when)
          await dies(back(at, root, host.place, before))
          await host.dieAt(0, when)
          await back(at, root, host.place, before)
          await kindOf(at, root).verifyUndone?.(host.place, before)
          expect(fingerprint(root)).toEqual(start)
          if (!died) break
        }
        expect(deaths).toBeGreaterThan(2)
      }, 60_000)
    }
  }

  test.each(fileCases)(
    '$type: $name, is undone when the connection is lost at any command',
    async at => {
      const host = stepPlace(fullHost())
      for (const when of ['before', 'after'] as const) {
        for (let nth = 1; ; nth++) {
          const root = await prepared(at)
          const start = fingerprint(root)
          const before = kept(await kindOf(at, root).capture(host))
          const died = await dies(kindOf(at, root).do(losing(host, nth, when), before))
          await dies(undo(at, root, losing(host, nth, when), before))
          await undo(at, root, host, before)
          await kindOf(at, root).verifyUndone?.(host, before)
          expect(fingerprint(root)).toEqual(start)
          if (!died) break
        }
      }
    },
    60_000,
  )
})

async function lifecycle(at: StepCase, place: StepPlace): Promise<void> {
  const root = await prepared(at)
  await roundTrip({ build: () => kindOf(at, root), place, state: async () => fingerprint(root) })
}

async function undo(at: StepCase, root: string, place: StepPlace, before: Json): Promise<void> {
  const step = kindOf(at, root)
  expect(step.undo).toBeDefined()
  await step.undo?.(place, before)
}

function undoAlone(at: StepCase, root: string, place: StepPlace, before: Json): Promise<void> {
  return runAlone(place, kindOf(at, root).undoAlone?.(before))
}

/** A connection that is lost before the n-th command is sent, or after it has run. */
function losing(place: StepPlace, nth: number, when: 'before' | 'after'): StepPlace {
  let count = 0
  return {
    ...place,
    async run(command, options) {
      const lost = ++count >= nth
      if (!lost || when === 'after') {
        const output = await place.run(command, options)
        if (!lost) return output
      }
      throw new TransportError('closed', 'the connection was lost')
    },
  }
}

/** False when it ended well. */
async function dies(call: Promise<void>): Promise<boolean> {
  const error = await rejection(call)
  if (error === undefined) return false
  if (error instanceof StepError || error instanceof TransportError) return true
  throw error
}

function thrownBy(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}
