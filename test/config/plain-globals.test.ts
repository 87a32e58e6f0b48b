import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { globals as schema } from '../../src/lib/config/globals.ts'
import { checked } from '../../src/lib/config/layers.ts'
import { plainInput } from '../../src/lib/config/plain-input.ts'
import { globals } from '../../src/registry.generated.ts'

test('global flags are read without their schema as with it, or left to it, whatever a file says', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(true, 2, -1, 'auto', 'text', ['json'], []))
  const values = fc.record(Object.fromEntries(globals.map(({ key }) => [key, value])), { requiredKeys: [] })
  fc.assert(
    fc.property(values, given => {
      const layered = { values: given, origins: {} }
      const plain = plainInput(globals, layered)
      if (plain !== undefined) expect<unknown>(plain).toStrictEqual(checked(schema, layered, globals))
    }),
    { numRuns: 2000 },
  )
  expect(plainInput(globals, { values: { quiet: true }, origins: {} })).toMatchObject({ quiet: true, color: 'auto' })
})
