import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const head = `sources:
  app: { type: file, paths: [app.log], format: json }
schema: { inline: { properties: { n: { type: number } } } }
sinks:
  all: { type: file, path: all.log }
  few: { type: file, path: few.log, when: 'n == 1' }
`
const lines = `lines: ['{"n":1,"a":"x"}', '{"n":2}', '{"n":"three"}']`

async function tried(tests: string, flags = '', long = '') {
  const directory = await tempDir()
  await writeFile(join(directory.path, 'pipeline.yaml'), `${head}${tests}`)
  await writeFile(join(directory.path, 'app.log'), '{"n":1}\nno json\n{"n":"three"}\n')
  await writeFile(join(directory.path, 'long.log'), long)
  const end = await inProcess(`ship-logs ${flags || 'test pipeline.yaml'}`, { home: directory.path })
  const isTouched = existsSync(join(directory.path, 'all.log'))
  await directory[Symbol.asyncDispose]()
  return { ...end, isTouched }
}

describe('ship-logs test', () => {
  test('passes where every key is equal, and delivers nothing', async () => {
    const expected = 'expect: [ { n: 1, a: x }, { n: 2, absent: [a] } ], dead: 1, filtered: 0, sinks: { all: 2, few: 1 }'
    const end = await tried(`tests:\n  - { name: numbers, source: app, ${lines}, ${expected} }\n`)
    expect(end).toMatchObject({ code: 0, isTouched: false })
  })

  test('shows what came instead, and the difference', async () => {
    const expected = 'expect: [ { n: 2, absent: [a] } ], dead: 0, sinks: { few: 2 }'
    const end = await tried(`tests:\n  - { name: numbers, source: app, ${lines}, ${expected} }\n`)
    expect(end.code).toBe(1)
    for (const told of [
      'expected 1 record, not 2',
      '-  "n": 2',
      '+  "n": 1',
      'record 1 has a, which must be absent: "x"',
      'record 2 is not expected: {"n":2}',
      'expected 0 dead, not 1',
      'expected 2 records for the sink few, not 1',
    ])
      expect(end.stderr).toContain(told)
  })

  test('shows what died, where records are missing', async () => {
    const end = await tried(`tests:\n  - { name: numbers, source: app, ${lines}, expect: [ {}, {}, {} ] }\n`)
    expect(end.stderr).toContain('record 3 is missing: {}')
    expect(end.stderr).toMatch(/dead \(schema: #\/properties\/n\/type: .*\): \{"n":"three"\}/)
  })

  test('shows every digit of a sample, as it would be delivered', async () => {
    const { stdout } = await tried('', 'test pipeline.yaml --sample long.log', '{"n":12345678901234567890}\n')
    expect(stdout).toStartWith('{"n":12345678901234567890}\n')
  })

  test('says that there are none', async () => {
    expect(await tried('')).toMatchObject({ code: 78, stderr: expect.stringContaining('there are no tests to run') })
  })

  test('shows what would come of a sample, and touches nothing', async () => {
    const end = await tried('', 'test pipeline.yaml --sample app.log')
    expect(end.stdout).toStartWith('{"n":1}\n{"raw":"no json"')
    expect(end.stdout).toContain('3 lines as json: 2 records, 1 did not fit, 0 filtered, 1 dead\n')
    expect(end.stdout).toContain('all would get 2\nfew would get 1\n')
    expect(end).toMatchObject({ code: 0, isTouched: false })
  })
})

test.each([
  ['- { name: a, source: ap, lines: x, expect: [] }', "there is no source 'ap'", 'did you mean app?'],
  ['- { name: a, source: app, lines: x, expct: [] }', "unknown key 'expct' in a test", 'did you mean expect?'],
  ['- { name: a, source: app, lines: x, sinks: { al: 1 } }', "there is no sink 'al'", 'did you mean all?'],
  ['- { name: a, source: app, lines: x, dead: -1 }', 'dead must be a number of records', ''],
  ['- { name: a, source: app, lines: x }', 'a test expects nothing', ''],
])('a test %s is refused with its place', async (text, problem, hint) => {
  const end = await tried(`tests:\n  ${text}\n`, 'lint pipeline.yaml')
  expect(end.code).toBe(78)
  expect(end.stderr).toContain('pipeline.yaml:8:')
  expect(end.stderr).toContain(problem)
  expect(end.stderr).toContain(hint)
})

test('lint tells how many tests there are', async () => {
  const end = await tried(`tests:\n  - { name: a, source: app, lines: x, dead: 0 }\n`, 'lint pipeline.yaml')
  expect(end.stdout).toContain('pipeline.yaml is well-formed, and has 1 test\n')
})
