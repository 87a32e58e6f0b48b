import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { faultTypes } from '../../src/lib/drill/fault-types.ts'
import { path, read, refusal } from './read.ts'

/** A file a mistake. Its first lines tell all that is said of it: `# expect: LINE:COLUMN: PROBLEM`, then `# hint: HINT` where there is one. */
const directory = join(import.meta.dirname, 'data/bad')

describe('a mistake in a playbook is told with its place', () => {
  test.each(readdirSync(directory).sort())('%s', async file => {
    const text = readFileSync(join(directory, file), 'utf8')
    const error = await refusal(text)
    expect(error).toMatchObject({ code: 'E_PLAN', exit: 78 })
    const { problems = [] } = error.data as { readonly problems?: readonly Told[] }
    const expected = [...text.matchAll(/^# expect: (\d+:\d+: .*)(?:\n# hint: (.*))?/gm)]
    expect(problems.map(told)).toEqual(expected.map(([, problem, hint]) => ({ message: `${path}:${problem}`, hint })))
  })
})

interface Told {
  readonly message: string
  readonly hint?: string | undefined
}

const told = ({ message, hint }: Told): Told => ({ message, hint })

test('the form of the documents is a playbook', async () => {
  const playbook = await read(`name: primary of the store is lost
version: 1.0
steps:
  - type: process-pause
    name: redis-server
    targets: [store1]
    duration: 30s
  - type: http
    endpoint: http://shop/health
    expect_status: 204
    timeout: 10s
`)
  expect(playbook).toMatchObject({
    durationMs: 30_000,
    faults: [{ id: 'process-pause-1', type: 'process-pause', targets: ['store1'], params: { name: 'redis-server' } }],
    expectations: [{ withinMs: 10_000, probe: { name: 'http-2', asks: { is: 'http', url: 'http://shop/health', status: 204 } } }],
  })
})

test('a fault is in place for as long as its step says, else as the drill does', async () => {
  const playbook = await read(`name: the store and its disk
targets: store1
duration: 20s
steps:
  - { type: process-pause, name: redis-server, duration: 5s }
  - { type: cpu-pressure }
  - { type: disk-fill, directory: /var/lib/redis, percent: 95, duration: 1m }
`)
  expect(playbook.faults.map(({ durationMs }) => durationMs)).toEqual([5000, 20_000, 60_000])
  expect(playbook.durationMs).toBe(60_000)
})

test('every fault has a file, and every file is a fault', () => {
  const files = readdirSync(join(import.meta.dirname, '../../src/lib/drill/faults'))
  expect(files.sort()).toEqual(faultTypes.map(type => `${type}.ts`))
})
