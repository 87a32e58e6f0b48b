import { camel, type Plan } from './plan.ts'

/** A command that tells what it was given; `config show` makes a verb of a group. */
export function commandFiles(name: string): Plan {
  const file = name.replaceAll(' ', '/')
  const depth = file.split('/').length
  return {
    files: [
      { path: `src/commands/${file}.ts`, text: source(name, '../'.repeat(depth)) },
      { path: `test/commands/${file}.test.ts`, text: test(name, file, '../'.repeat(depth + 1)) },
    ],
    runs: [['test', '--only-failures', '--timeout=60000', `test/commands/${file}.test.ts`, 'test/registry.test.ts']],
    next: [
      `src/commands/${file}.ts: say what it is called, takes and promises; what it does goes into a domain below src/lib`,
      `test/architecture.test.ts: a new domain gets its place among the layers`,
      `opsctl ${name} --help`,
    ],
  }
}

const source = (name: string, up: string): string => `import { z } from 'zod'
import { defineCommand } from '${up}lib/core/command.ts'

export default defineCommand({
  path: [${name
    .split(' ')
    .map(word => `'${word}'`)
    .join(', ')}],
  summary: 'tell what was given',
  input: z.strictObject({
    word: z.string().meta({ positional: true, value: 'WORD', description: 'what to tell' }),
    times: z.int().min(1).default(1).meta({ value: 'N', description: 'how often' }),
  }),
  exits: [0, 2, 74],
  examples: [{ line: '${name} hello --times 2', does: 'twice' }],
  run: async (_context, { word, times }) => ({
    mime: 'text/plain',
    text: \`\${word}\\n\`.repeat(times),
    data: { word, times },
  }),
})
`

const test = (name: string, file: string, up: string): string => `import { expect, test } from 'bun:test'
import ${identifier(name)} from '${up}src/commands/${file}.ts'
import { inProcess } from '${up}test/helpers/in-process.ts'

test('opsctl ${name} tells its word as often as it is asked to', async () => {
  const end = await inProcess('${name} hello --times 2', { commands: [${identifier(name)}] })
  expect(end).toEqual({ code: 0, stdout: 'hello\\nhello\\n', stderr: '' })
})

test('opsctl ${name} refuses to tell it less than once', async () => {
  const { code, stderr } = await inProcess('${name} hello --times 0', { commands: [${identifier(name)}] })
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--times: '0' is too small: at least 1") })
})
`

/** Ends in a word of ours, so that no name of a command is a reserved one. */
const identifier = (name: string): string => `${camel(name)}Command`
