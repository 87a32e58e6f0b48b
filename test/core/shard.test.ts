import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isInShard, parseShard, shardOf } from '../../src/lib/core/shard.ts'
import { needs } from '../helpers/needs.ts'

describe('a share', () => {
  test.each([
    ['2/4', 2, 4],
    ['1/1', 1, 1],
    ['03/10', 3, 10],
  ])('is counted from one: %s', (text, index, count) => expect(parseShard(text)).toEqual({ index, count }))

  test.each([
    ['0/3', 'did you mean 1/3?'],
    ['4/3', 'did you mean that?'],
    ['5/4', 'the last one is 4/4'],
    ['2/0', 'did you mean 1/1'],
    ['1/20000', 'at most 10000'],
    ['2of4', 'did you mean 2/4?'],
    ['2:4', 'did you mean 2/4?'],
    ['2 / 4', 'did you mean 2/4?'],
    ['0of4', 'write I/N'],
    ['index/10', 'write I/N'],
    ['a/b', 'write I/N'],
    ['2', 'write I/N'],
    ['-1/4', 'did you mean 1/4?'],
    ['1.5/4', 'write I/N'],
    ['', 'write I/N'],
  ])("is told from what is none, with the nearest: '%s'", (text, hint) => {
    const told = { code: 'E_USAGE', message: `'${text}' is not a share`, hint: expect.stringContaining(hint) }
    expect(() => parseShard(text)).toThrow(expect.objectContaining(told))
  })
})

const name = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.nat(5000).map(number => `web${number}`),
  fc.webUrl(),
)

describe('shares', () => {
  test('are the same on every machine and in every version', () => {
    const names = ['web1', 'web2', 'db1', 'localhost', 'https://example.com/health', 'grüße', '']
    expect(names.map(each => shardOf(each, 10))).toEqual([2, 2, 6, 1, 10, 1, 5])
  })

  test.skipIf(!needs('openssl'))('can be worked out with other tools', () => {
    for (const each of ['web1', 'grüße']) {
      const script = `printf %s "$1" | openssl dgst -sha256 -r | cut -c1-12`
      const { stdout } = Bun.spawnSync(['sh', '-c', script, 'sh', each])
      expect((Number.parseInt(stdout.toString(), 16) % 7) + 1).toBe(shardOf(each, 7))
    }
  })

  test('are disjoint and together everything', () => {
    fc.assert(
      fc.property(fc.array(name), fc.integer({ min: 1, max: 50 }), (names, count) => {
        const shares = Array.from({ length: count }, (_, at) => ({ index: at + 1, count }))
        for (const each of names) expect(shares.filter(shard => isInShard(each, shard))).toHaveLength(1)
      }),
    )
  })

  test('keep what they have when another target comes', () => {
    fc.assert(
      fc.property(fc.array(name), name, fc.integer({ min: 1, max: 50 }), (names, another, count) => {
        const before = new Map(names.map(each => [each, shardOf(each, count)]))
        const after = new Map([another, ...names].map(each => [each, shardOf(each, count)]))
        for (const [each, share] of before) expect(after.get(each)).toBe(share)
      }),
    )
  })

  test('are as large as each other, but for what dice do: six times the root of the mean is never reached', () => {
    const fleets = fc.record({
      prefix: fc.stringMatching(/^[a-z]{1,8}$/),
      size: fc.integer({ min: 1000, max: 4000 }),
      count: fc.integer({ min: 2, max: 10 }),
    })
    fc.assert(
      fc.property(fleets, ({ prefix, size, count }) => {
        const sizes = Array.from({ length: count }, () => 0)
        for (let number = 0; number < size; number++) {
          const share = shardOf(`${prefix}${number}.example.com`, count) - 1
          sizes[share] = (sizes[share] ?? 0) + 1
        }
        const mean = size / count
        for (const each of sizes) expect(Math.abs(each - mean)).toBeLessThan(6 * Math.sqrt(mean))
      }),
    )
  })
})
