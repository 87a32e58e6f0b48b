import { describe, expect, test } from 'bun:test'
import { chmod, chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import completion from '../../src/commands/completion.ts'
import schemaCommand from '../../src/commands/config/schema.ts'
import show from '../../src/commands/config/show.ts'
import validate from '../../src/commands/config/validate.ts'
import explain from '../../src/commands/explain.ts'
import { commands as fake } from '../cli/commands.ts'
import { inProcess } from '../helpers/in-process.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const commands = [...fake, show, validate, schemaCommand, explain, completion]

/** Runs in a directory that holds this opsctl.yaml. */
async function run(line: string, { file, env }: { file?: string; env?: Readonly<Record<string, string>> } = {}) {
  await using home = await tempDir()
  if (file !== undefined) await writeFile(join(home.path, 'opsctl.yaml'), file)
  const end = await inProcess(line, { commands, home: home.path, ...(env && { env }) })
  const plain = (text: string): string => text.replaceAll(home.path, '~')
  return { code: end.code, stdout: plain(end.stdout), stderr: plain(end.stderr) }
}

const wrong = `# the shop
colr: never
tries: many
output: jsn
restart:
  mode: relod
  wait: soon
  trise: 1
force: maybe
host: {web: 1}
pool: 5
`

describe('opsctl config validate', () => {
  test('tells all that is wrong, each with its place, and exits 78', async () => {
    const { code, stdout } = await run('config validate -o ndjson', { file: wrong })
    expect(code).toBe(78)
    const items = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .filter(item => item.name?.startsWith('~/opsctl.yaml'))
    expect(items.map(({ name, message }) => `${name} ${message}`)).toEqual([
      "~/opsctl.yaml:2:1 there is no setting 'colr'; did you mean color?",
      "~/opsctl.yaml:3:8 tries: 'many' is not a number",
      "~/opsctl.yaml:4:9 there is no format 'jsn'; did you mean json?",
      "~/opsctl.yaml:6:9 mode: 'relod' is not one of reload, restart, stop; did you mean reload?",
      "~/opsctl.yaml:7:9 wait: 'soon' is not a duration: write 500ms, 5s, 1m30s, 2h or 1d",
      "~/opsctl.yaml:8:3 there is no setting 'restart.trise'; did you mean restart.tries?",
      "~/opsctl.yaml:9:8 force: 'maybe' is neither true nor false",
      '~/opsctl.yaml:10:7 host must be a list of values',
      '~/opsctl.yaml:11:7 pool must hold keys and values',
    ])
    expect(items[2]).toMatchObject({ verdict: 'fail', data: { file: '~/opsctl.yaml', line: 4, column: 9 } })
  })

  test.each([
    ['no YAML', 'tries: [1\n', /opsctl\.yaml:\d+:\d+ {3}/],
    ['a list', '- tries\n', /opsctl\.yaml:1:1 .* the file must hold keys and values/],
    ['a key twice', 'tries: 1\ntries: 2\n', /opsctl\.yaml:2:1 .* the key 'tries' is there twice/],
  ])('finds %s', async (_, file, expected) => {
    const { code, stdout } = await run('config validate', { file })
    expect({ code, stdout }).toEqual({ code: 78, stdout: expect.stringMatching(expected) })
  })

  test('says what was read when all is well', async () => {
    const { code, stdout } = await run('config validate', { file: 'tries: 2\nrestart:\n  mode: reload\n' })
    expect(code).toBe(0)
    expect(stdout).toMatch(/✓ ~\/opsctl\.yaml +0ms {2}2 settings/)
    expect(stdout).toMatch(/- ~\/\.config\/opsctl\/config\.yaml +0ms {2}there is no such file/)
  })

  test('reads the files that are named instead', async () => {
    const { code, stdout } = await run('config validate opsctl.yaml', { file: 'tries: 2\n' })
    expect({ code, files: stdout.split('\n').filter(line => line.includes('.yaml')).length }).toEqual({ code: 0, files: 1 })
    expect(await run('config validate nothing.yaml')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('~/nothing.yaml: there is no such configuration file'),
    })
  })

  test('tells CI systems in their format', async () => {
    const { code, stdout } = await run('config validate -o junit', { file: 'tries: many\n' })
    expect(code).toBe(78)
    expect(stdout).toContain('not a number')
  })

  test('refuses a file that others may write', async () => {
    await using home = await tempDir()
    const file = join(home.path, 'opsctl.yaml')
    await writeFile(file, 'tries: 2\n')
    await chmod(file, 0o666)
    const { code, stdout } = await inProcess('config validate', { commands, home: home.path })
    expect({ code, stdout }).toEqual({
      code: 78,
      stdout: expect.stringContaining(`others may write this file; chmod go-w ${file}`),
    })
  })

  test.skipIf(!needs('root'))('refuses a file of another user', async () => {
    await using home = await tempDir()
    const file = join(home.path, 'opsctl.yaml')
    await writeFile(file, 'tries: 2\n')
    await chown(file, 65_534, 65_534)
    const { code, stdout } = await inProcess('config validate', { commands, home: home.path })
    expect({ code, stdout }).toEqual({ code: 78, stdout: expect.stringContaining('belongs to another user') })
  })
})

describe('a wrong configuration', () => {
  test('stops commands that obey it', async () => {
    const { code, stderr } = await run('restart nginx', { file: wrong })
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: expect.stringContaining("~/opsctl.yaml:2:1: there is no setting 'colr'"),
    })
  })

  test.each(['config schema', 'explain E_CONFIG', 'completion bash'])('does not stop %s, which helps to mend it', async line => {
    expect(await run(line, { file: 'output: jsn\ntries: many\n' })).toMatchObject({ code: 0 })
    expect(await run(line, { file: 'tries: [\n' })).toMatchObject({ code: 0 })
  })
})

describe('opsctl config show', () => {
  const file = 'color: never\ntries: 2\nrestart:\n  mode: stop\n'
  const env = { OPSCTL_WAIT: '3s', OPSCTL_TRIES: '4' }

  test('tells where each setting comes from', async () => {
    const { code, stdout } = await run('config show restart --origin', { file, env })
    expect(code).toBe(0)
    expect(stdout.split('\n').map(line => line.trim().split(/ {2,}/))).toEqual([
      ['every command'],
      ['output', 'human', 'default'],
      ['quiet', 'false', 'default'],
      ['verbose', '0', 'default'],
      ['color', 'never', '~/opsctl.yaml:1:8'],
      ['input', 'true', 'default'],
      ['log-format', 'text', 'default'],
      ['state-dir', '-', 'default'],
      [''],
      ['restart'],
      ['host', '-', 'default'],
      ['wait', '3s', 'OPSCTL_WAIT'],
      ['tries', '4', 'OPSCTL_TRIES'],
      ['mode', 'stop', '~/opsctl.yaml:4:9'],
      ['force', 'false', 'default'],
      ['check', 'true', 'default'],
      ['token-file', '-', 'default'],
      [''],
    ])
  })

  test('shows only what is set with --changed', async () => {
    const { stdout } = await run('config show --changed', { file, env })
    expect(stdout).toBe('every command\n  color  never\n\nrestart\n  wait   3s\n  tries  4\n  mode   stop\n')
    expect((await run('config show --changed')).stdout).toBe('everything is at its default\n')
  })

  test('gives the same as data', async () => {
    const { stdout } = await run('config show -o json', { file, env })
    const { settings } = JSON.parse(stdout)
    expect(settings).toContainEqual({
      name: 'tries',
      value: 4,
      origin: 'OPSCTL_TRIES',
      variable: 'OPSCTL_TRIES',
      commands: ['restart'],
    })
    expect(settings).toContainEqual({
      name: 'host',
      value: [],
      origin: 'default',
      variable: 'OPSCTL_HOST',
      commands: ['restart', 'remote'],
    })
  })

  test('names the nearest command for a wrong one', async () => {
    expect((await run('config show restrat')).stderr).toContain('hint: did you mean restart?')
  })
})

describe('opsctl config schema', () => {
  test('has every setting at the top and in the section of its command', async () => {
    const { code, stdout } = await run('config schema')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
      properties: {
        color: { enum: ['auto', 'always', 'never'] },
        force: { type: 'boolean', default: false },
        check: { type: 'boolean', default: true },
        tries: { type: 'number', default: 3 },
        host: { anyOf: [{ type: ['string', 'number'] }, { type: 'array' }] },
        restart: { additionalProperties: false, properties: { mode: { enum: ['reload', 'restart', 'stop'] }, color: {} } },
      },
    })
  })

  test('leaves out what only the command line may give', async () => {
    const { properties } = JSON.parse((await run('config schema')).stdout)
    expect(Object.keys(properties)).not.toContainAnyValues(['once', 'output-file', 'yes'])
    expect(Object.keys(properties.restart.properties)).not.toContain('once')
  })
})
