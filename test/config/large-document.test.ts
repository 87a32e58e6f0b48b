import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseLargeDocument } from '../../src/lib/config/large-document.ts'
import { longList } from '../../src/lib/config/long-list.ts'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import { type Clock, givingWay } from '../../src/lib/core/clock.ts'
import type { YamlDocument } from '../../src/lib/core/component.ts'
import { toOpsError } from '../../src/lib/core/errors.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'

const path = 'checks.yaml'
const inParts = (text: string): Promise<YamlDocument> => parseLargeDocument(text, { path, code: 'E_PLAN' })

/** Every place of a document by its keys, and the value; or what is wrong with it. */
async function told(read: () => YamlDocument | Promise<YamlDocument>) {
  try {
    const { value, locate } = await read()
    const places: Record<string, unknown> = {}
    const visit = (at: Json, keys: readonly (string | number)[]): void => {
      places[JSON.stringify(keys)] = [locate(keys), locate(keys, 'key')]
      if (typeof at === 'object' && at !== null)
        for (const [key, inner] of Object.entries(at)) visit(inner, [...keys, Array.isArray(at) ? Number(key) : key])
    }
    visit(value, [])
    for (const keys of [['nothing'], ['checks', 99_999], ['checks', 0, 'nothing'], ['checks', 'x']])
      places[JSON.stringify(keys)] = [locate(keys), locate(keys, 'key')]
    return { value, places }
  } catch (error) {
    const { code, message, hint, data } = toOpsError(error)
    return { code, message, hint, data }
  }
}

const lineOf = ({ data }: { data?: Readonly<Record<string, unknown>> }): number => Number(data?.['line'])

/** An entry in one of the ways in which people write them, at some indentation. */
const entry: fc.Arbitrary<(index: number, pad: string) => string> = fc.constantFrom(
  (index, pad) => `${pad}- name: shop-${index}\n${pad}  endpoint: https://shop${index}.example.com/\n`,
  (index, pad) => `${pad}- { name: 'shop-${index}', endpoint: "tcp://10.0.0.1:443", labels: { team: web } }\n`,
  (index, pad) => `${pad}-\n${pad}  name: shop-${index} # the shop\n\n${pad}  type: load\n`,
  (index, pad) =>
    `${pad}# about ${index}\n${pad}- name: shop-${index}\n${pad}  script: |\n${pad}    - not an entry\n${pad}      # nor a comment\n`,
  (index, pad) => `${pad}- name: >-\n${pad}    shop\n${pad}    ${index}\n\n# to the left\n`,
  (index, pad) => `${pad}-   name: "a long\n${pad}      - name ${index}"\n${pad}    list:\n${pad}    - one\n${pad}    - two\n`,
  (index, pad) => `${pad}- [a, b,\n${pad}  - ${index}]\n`,
  (_, pad) => `${pad}- |+\n${pad}  kept\n\n\n`,
  (_, pad) => `${pad}- \n`,
)
const text = fc
  .record({
    entries: fc.array(entry, { minLength: 0, maxLength: 9 }),
    pad: fc.constantFrom('', '  ', '    '),
    before: fc.constantFrom('', '# our shops\n', 'defaults:\n  interval: 5s\n', 'include: [more.yaml]\n\n'),
    after: fc.constantFrom('', 'suites: []\n', 'include:\n  - one.yaml\n', '  trailing\n', '\n\n# the end', 'checks: []\n'),
    breaks: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ entries, pad, before, after, breaks }) => {
    const all = Array.from({ length: 130 }, (_, index) => (entries[index % 17] ?? entries[0] ?? (() => ''))(index, pad))
    return `${before}checks: # all\n${all.join('')}${after}`.replaceAll('\n', breaks)
  })

describe('a large document', () => {
  test('is the same read in parts as read at once', async () => {
    let parts = 0
    await fc.assert(
      fc.asyncProperty(text, async written => {
        if (longList(written)) parts++
        expect(await told(() => inParts(written))).toEqual(await told(() => parseYamlDocument(written, path, 'E_PLAN')))
      }),
      { numRuns: 60 },
    )
    expect(parts).toBeGreaterThan(20)
  }, 60_000)

  test('is refused where the whole is refused, with a line, whatever is damaged in it', async () => {
    const damage = fc.constantFrom(
      '"',
      "'",
      '{',
      ']',
      ':',
      ': x',
      '\t',
      '&a ',
      '*a',
      '!!set',
      '- ',
      '\n',
      '%',
      '---\n',
      '|',
      '#',
      '',
    )
    await fc.assert(
      fc.asyncProperty(text, damage, fc.nat(), async (written, more, where) => {
        const at = where % (written.length + 1)
        const damaged = written.slice(0, at) + more + written.slice(at + 1)
        const [parts, whole] = [await told(() => inParts(damaged)), await told(() => parseYamlDocument(damaged, path, 'E_PLAN'))]
        // Which line is told may differ: whoever reads on behind a quote that never ends is surprised elsewhere.
        if ('message' in parts && 'message' in whole) expect(lineOf(parts)).toBeGreaterThan(0)
        else expect(parts).toEqual(whole)
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  test('is the same as JSON and as YAML', async () => {
    const shapes = [(value: Json) => JSON.stringify(value), (value: Json) => JSON.stringify(value, null, 2)]
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ depthSize: 'small' }), fc.constantFrom(...shapes), async (value, shape) => {
        const written = shape({ checks: [value as Json, 'x'] })
        expect(await told(() => inParts(written))).toEqual(await told(() => parseYamlDocument(written, path, 'E_PLAN')))
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  test.each([
    ['a key that is there twice', '{ "checks": [{ "name": "a", "name": "b" }] }', /:1:29: the key 'name' is there twice/],
    ['an end that is missing', '{ "checks": [{ "name": "a" }', /checks.yaml:1:\d+: /],
  ])('tells of %s in JSON', async (_, written, problem) => {
    expect(await told(() => inParts(written))).toMatchObject({ code: 'E_PLAN', message: expect.stringMatching(problem) })
  })

  test('lets others have their turn while it is read', async () => {
    const entries = Array.from({ length: 2000 }, (_, index) => ({ name: `shop-${index}`, endpoint: 'https://shop.example.com/' }))
    const block = `checks:\n${entries.map(({ name, endpoint }) => `  - name: ${name}\n    endpoint: ${endpoint}\n`).join('')}`
    for (const written of [block, JSON.stringify({ checks: entries })]) {
      let [turns, now] = [0, 0]
      const timer: Clock['timer'] = (ms, call) => {
        turns++
        return systemClock.timer(ms, call)
      }
      // Whenever somebody looks at the clock its time is up, however fast the machine is.
      const giveWay = givingWay({ ...systemClock, timer, monotonic: () => now++ }, 1)
      await parseLargeDocument(written, { path, code: 'E_PLAN', giveWay })
      expect(turns).toBeGreaterThan(5)
    }
  }, 60_000)
})
