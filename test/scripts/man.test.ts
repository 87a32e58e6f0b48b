import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { z } from 'zod'
import { manFiles } from '../../scripts/man.ts'
import { root } from '../../scripts/registry.ts'
import { defineCommand } from '../../src/lib/core/command.ts'
import { commands, globals } from '../../src/registry.generated.ts'
import { programOf } from '../helpers/in-process.ts'
import { needs } from '../helpers/needs.ts'

const pages = manFiles({ commands, globals })

/** Runs a formatter over a page on stdin; what it complains of is in `complaints`. */
async function format(argv: readonly string[], page: string): Promise<{ text: string; complaints: string[] }> {
  const child = Bun.spawn([...argv], {
    stdin: new Blob([page]),
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...Bun.env, GROFF_NO_SGR: '1' },
  })
  const [text, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { text: text.replace(/.\x08/g, ''), complaints: error.split('\n').filter(line => line !== '') }
}

const hostile = defineCommand({
  path: ['try'],
  summary: '.start with a dot, \'quotes\', \\fBno bold\\fR, `ticks`, ^caret, ~tilde, "double" and --dashes',
  description: "'.TH is no request\n.SH nor is this\n\\ and \\(em stay",
  input: z.strictObject({
    file: z.string().optional().meta({ short: 'f', value: "'FILE\\", description: '.a file \\ or "two"' }),
  }),
  exits: [0],
  examples: [{ line: "try -- '.x' \\n 'a\\b' \"c\" ~/d", does: ".first, then 'second'" }],
  run: async () => ({ mime: 'text/plain', text: '', data: null }),
})

describe('man pages', () => {
  test('are there for the program and for each command', () => {
    expect(pages.map(([path]) => path)).toEqual([
      'docs/man/opsctl.1',
      ...commands.map(({ path }) => `docs/man/opsctl-${path.join('-')}.1`),
    ])
  })

  test.skipIf(!needs('mandoc'))('leave nothing to complain of to mandoc', async () => {
    for (const [path, page] of [...pages, ...manFiles(programOf([hostile]))]) {
      const { text } = await format(['mandoc', '-T', 'lint', '-W', 'warning'], page)
      const complaints = text.split('\n').filter(line => line !== '' && !line.includes('missing date'))
      expect({ path, complaints }).toEqual({ path, complaints: [] })
    }
  })

  test.skipIf(!needs('groff'))('leave nothing to complain of to groff', async () => {
    for (const [path, page] of [...pages, ...manFiles(programOf([hostile]))]) {
      const { complaints } = await format(['groff', '-man', '-ww', '-z', '-Tutf8'], page)
      expect({ path, complaints }).toEqual({ path, complaints: [] })
    }
  })

  const formatters = [
    ['mandoc', ['mandoc', '-T', 'utf8', '-O', 'width=400']],
    ['groff', ['groff', '-man', '-Tutf8', '-rLL=400n']],
  ] as const
  for (const [tool, argv] of formatters) {
    test.skipIf(!needs(tool))(`show every sign as it is in ${tool}`, async () => {
      const [, page = ''] = manFiles(programOf([hostile]))[1] ?? []
      const { text } = await format(argv, page)
      expect(text).toContain(
        'opsctl-try - .start with a dot, \'quotes\', \\fBno bold\\fR, `ticks`, ^caret, ~tilde, "double" and --dashes',
      )
      expect(text).toContain("'.TH is no request")
      expect(text).toContain('.SH nor is this')
      expect(text).toContain("opsctl try -- '.x' \\n 'a\\b' \"c\" ~/d")
      expect(text).toContain("-f, --file 'FILE\\")
      expect(text).toContain('.a file \\ or "two"')
    })
  }

  test.skipIf(!needs('man'))('can be read with man', async () => {
    const child = Bun.spawn(['man', '--warnings', '-l', join(root, 'docs/man/opsctl-exec.1')], {
      env: { ...Bun.env, MANWIDTH: '100', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [text, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect(error).toBe('')
    expect(text.replace(/.\x08/g, '')).toContain("opsctl exec -t 'web[01-50]' -- systemctl is-active nginx")
  })
})
