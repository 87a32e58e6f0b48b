import { expect, test } from 'bun:test'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('what a killed change did not come to call is shown by a dry run, and called once by a later one that is killed and resumed', async () => {
  await using directory = await tempDir()
  const at = (name: string): string => join(directory.path, name)
  await writeFile(
    at('change.yaml'),
    `name: two files
targets: [localhost]
steps:
  - { id: one, write-file: { path: ${at('one')}, content: "1\\n" } }
  - { id: two, write-file: { path: ${at('two')}, content: "2\\n" } }
handlers:
  - { id: reload, on: [one], run: "cat ${at('one')} >>${at('loaded')}", rollback: "true" }
`,
  )
  const exec = (words: readonly string[], kill?: string) =>
    opsctl([join(import.meta.dir, 'mortal-opsctl.ts'), 'exec', '--state-dir', at('state'), ...words], {
      program: process.execPath,
      ...(kill !== undefined && { env: { OPSCTL_TEST_KILL: kill } }),
    })
  const killed = async (): Promise<string> => {
    expect((await exec(['--yes', at('change.yaml')], 'after-do#1')).signal).toBe('SIGKILL')
    return (await readdir(at('state/unfinished'))).sort().at(-1) ?? ''
  }
  const first = await killed()
  const second = await killed()
  expect(second).not.toBe(first)

  const look = await exec(['--dry-run', '--detailed-exit-code', at('change.yaml')])
  expect({ code: look.code, owed: look.stdout.includes(`called for by ${first}, which was cut off`) }).toEqual({
    code: 4,
    owed: true,
  })

  const resumed = await exec(['--yes', '-o', 'json', '--resume', second])
  expect({ code: resumed.code, told: resumed.stdout.includes(`called for by ${first}`) }).toEqual({ code: 0, told: true })
  expect(await readFile(at('loaded'), 'utf8')).toBe('1\n')
  expect((await exec(['--dry-run', '--detailed-exit-code', at('change.yaml')])).code).toBe(0)
}, 60_000)
