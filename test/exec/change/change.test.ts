import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import { OpsError } from '../../../src/lib/core/errors.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import type { Plan } from '../../../src/lib/core/plan.ts'
import { type Change, changeKeys } from '../../../src/lib/exec/change/change.ts'
import { stepKeys } from '../../../src/lib/exec/change/step-kind.ts'
import good from './data/good.yaml' with { type: 'text' }
import { fakeComponents } from './fake-components.ts'
import { path, read } from './read.ts'

interface GoodCase {
  readonly is: string
  readonly text: string
  readonly plan: Partial<Plan>
  readonly rest?: Partial<Change>
}

const cases = parseYamlDocument(good, 'good.yaml').value as unknown as readonly GoodCase[]

describe('a change file can have', () => {
  test.each(cases.map(each => [each.is, each] as const))('%s', async (_, { text, plan, rest }) => {
    const { name } = parseYamlDocument(text, path).value as { name: string }
    const defaults = { name, precheck: [], waves: [{ percent: 100 }], pauseMs: 0, gates: [], rollback: 'run' }
    const sha256 = createHash('sha256').update(text).digest('hex')
    const { wavePlaces, ...change } = await read(text)
    expect(wavePlaces.length).toBeLessThanOrEqual(change.plan.waves.length)
    expect(change as unknown).toEqual({
      plan: { ...defaults, ...plan },
      stepTimeoutMs: 300_000,
      undoTimeoutMs: 120_000,
      path,
      sha256,
      ...rest,
    })
  })
})

describe('docs/changes.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/changes.md'), 'utf8')

  test.each([...changeKeys, ...stepKeys, 'on'])('tells of %s', key => {
    expect(page).toContain(`\n| \`${key}\` | `)
  })
})

const types = fakeComponents.map(({ type }) => type)
const words = [
  ...changeKeys,
  ...types,
  'id',
  'on',
  'run',
  'rollback',
  'verify',
  'source',
  'content',
  'label',
  'value',
  '__proto__',
  'constructor',
]
const key = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.string() })
const leaf = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    1,
    -1,
    1.5,
    '',
    '10%',
    '30s',
    'web1',
    'config',
    'nginx.conf',
    '/etc/motd',
    'host',
    2 ** 70,
  ),
  fc.string(),
)
const { tree } = fc.letrec<{ tree: Json }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
}))

const full = parseYamlDocument(cases[1]?.text ?? '', path).value
const places = [...placesIn(full)]

/** A whole change with one or two of its values replaced: mistakes that are near to what is right. */
const nearlyGood = fc
  .array(fc.record({ place: fc.constantFrom(...places), value: tree }), { minLength: 1, maxLength: 2 })
  .map(edits => edits.reduce<Json>((change, { place, value }) => replaced(change, place, value), full))

describe('whatever tree a file holds, it', () => {
  test.each([
    ['anything', tree],
    ['nearly a change', nearlyGood],
  ])(
    'is read, or refused with a place: %s',
    async (_, trees) => {
      const property = fc.asyncProperty(trees, async value => {
        const text = JSON.stringify(value, null, 1)
        const end = await read(text).catch(error => error)
        if (end instanceof OpsError) expectPlaces(end, text)
        else expect(JSON.parse(JSON.stringify(end.plan))).toEqual(end.plan)
      })
      await fc.assert(property, { numRuns: 200 })
    },
    30_000,
  )

  test('is text of any kind and never a bug', async () => {
    const property = fc.asyncProperty(fc.string({ unit: 'binary' }), async text => {
      const end = await read(text).catch(error => error)
      expect(end).toBeInstanceOf(OpsError)
      expect(end.code).toBe('E_PLAN')
    })
    await fc.assert(property, { numRuns: 200 })
  }, 30_000)
})

function expectPlaces({ code, data }: OpsError, text: string): void {
  expect(code).toBe('E_PLAN')
  if (data['problems'] === undefined) return
  const lines = text.split('\n')
  for (const { line, column, message } of data['problems'] as { line: number; column: number; message: string }[]) {
    expect(message).toStartWith(`${path}:${line}:${column}: `)
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
  }
}

type Place = readonly (string | number)[]

function* placesIn(value: Json, at: Place = []): Generator<Place> {
  yield at
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) yield* placesIn(inner, [...at, Array.isArray(value) ? Number(name) : name])
}

function replaced(value: Json, [first, ...rest]: Place, by: Json): Json {
  if (first === undefined) return by
  if (Array.isArray(value)) return value.map((inner, index) => (index === first ? replaced(inner, rest, by) : inner))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === first ? replaced(inner, rest, by) : inner]),
  )
}
