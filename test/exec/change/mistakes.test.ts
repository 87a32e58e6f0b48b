import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { path, refusal } from './read.ts'

/** A file a mistake. Its first lines tell all that is said of it: `# expect: LINE:COLUMN: PROBLEM`, then `# hint: HINT` where there is one. */
const directory = join(import.meta.dirname, 'data/bad')
const files = readdirSync(directory).sort()

describe('a mistake is told with its place', () => {
  test('and there are many to make', () => {
    expect(files.length).toBeGreaterThan(90)
  })

  test.each(files)('%s', async file => {
    const text = readFileSync(join(directory, file), 'utf8')
    const error = await refusal(text)
    expect(error).toMatchObject({ code: 'E_PLAN', exit: 78 })
    // A file that is no YAML has one problem, the parser's.
    const { problems = [error] } = error.data as { readonly problems?: readonly Told[] }
    expect(problems.map(told)).toEqual(expected(text))
    expect(told(error)).toEqual(told(problems[0] ?? error))
  })
})

interface Told {
  readonly message: string
  readonly hint?: string | undefined
}

const told = ({ message, hint }: Told): Told => ({ message, hint })

function expected(text: string): Told[] {
  const heads = [...text.matchAll(/^# expect: (\d+:\d+: .*)(?:\n# hint: (.*))?/gm)]
  return heads.map(([, problem, hint]) => ({ message: `${path}:${problem}`, hint }))
}

test('twenty problems are listed, and how many more there are', async () => {
  const steps = Array.from({ length: 23 }, (_, index) => `  - reboot${index}: {}\n`)
  const { data } = await refusal(`name: reboot\nsteps:\n${steps.join('')}`)
  expect(data['problems']).toHaveLength(20)
  expect(data).toMatchObject({ file: path, line: 3, column: 5, omitted: 3 })
})
