import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { jsonFault, jsonPlace } from '../../src/lib/config/json-text.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('where a text stops being JSON', () => {
  test.each([
    ['{ "port": 8080, }', '1:17', '} in the place of a key'],
    ['{\n  "port" 8080\n}', '2:10', 'a value in the place of :'],
    ['{\n  "ports": [80 443]\n}', '2:16', 'a value in the place of , or ]'],
    ["{ 'port': 8080 }", '1:3', 'something else in the place of a key or }'],
    ['{ "port": 08 }', '1:11', 'something else in the place of a value'],
    ['{ "port": correct-horse }', '1:11', 'something else in the place of a value'],
    ['[1]\n]', '2:1', '] in the place of the end'],
    ['{ "port": 8080\n', '2:1', 'the end in the place of , or }'],
    ['', '1:1', 'the end in the place of a value'],
  ])('is told of %j', (text, place, problem) => {
    const fault = jsonFault(text)
    expect({ place: `${fault?.line}:${fault?.column}`, problem: fault?.problem }).toEqual({ place, problem })
  })

  test('is nowhere in what JSON.parse takes, and somewhere in what it refuses', () => {
    const value = fc.json({ depthSize: 'small' })
    const damaged = fc.tuple(value, fc.nat(), fc.constantFrom('', '{', '}', '[', ']', ',', ':', '"', '0', 'e', '\\', ' ', 'true'))
    const texts = fc.oneof(
      value,
      value.map(text => JSON.stringify(JSON.parse(text), null, 2)),
      damaged.map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more + text.slice((at % (text.length + 1)) + 1)),
    )
    fc.assert(
      fc.property(texts, text => {
        expect({ text, isFaulty: jsonFault(text) !== undefined }).toEqual({ text, isFaulty: !isJson(text) })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('where a value stands in JSON', () => {
  const text = '{\n  "items": [\n    { "path": "a/b", "a/b": 1 },\n    { "path": [[], {}, 7] }\n  ], "end": "}"\n}'

  test.each([
    [[], '1:1'],
    [['items'], '2:12'],
    [['items', '0', 'path'], '3:15'],
    [['items', '0', 'a/b'], '3:29'],
    [['items', '1', 'path', '2'], '4:24'],
    [['items', '1', 'absent'], '4:5'],
    [['items', '2'], '2:12'],
    [['end'], '5:13'],
  ])('is told of %j', (path, place) => {
    const { line, column } = jsonPlace(text, path)
    expect(`${line}:${column}`).toBe(place)
  })
})
