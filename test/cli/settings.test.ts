import { describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inProcess } from '../helpers/in-process.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'
import { commands } from './commands.ts'

interface Setting {
  readonly project?: string
  readonly user?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A home with the files of a setting; the project is the working directory. */
async function world({ project, user }: Setting): Promise<TempDir & { readonly project: string }> {
  const home = await tempDir()
  const directory = join(home.path, 'shop')
  await mkdir(directory)
  await mkdir(join(home.path, '.config/opsctl'), { recursive: true })
  if (project !== undefined) await writeFile(join(directory, 'opsctl.yaml'), project)
  if (user !== undefined) await writeFile(join(home.path, '.config/opsctl/config.yaml'), user)
  return { path: home.path, project: directory, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() }
}

async function run(line: string, setting: Setting) {
  await using home = await world(setting)
  const end = await inProcess(line, { commands, home: home.path, cwd: home.project, ...(setting.env && { env: setting.env }) })
  return { ...end, stderr: end.stderr.replaceAll(home.path, '~') }
}

async function settingOf(key: string, line: string, setting: Setting) {
  const { code, stdout, stderr } = await run(`${line} -o json`, setting)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)[key]
}

describe('a setting', () => {
  const user = 'tries: 2\n'
  const project = 'tries: 3\n'
  const env = { OPSCTL_TRIES: '4' }
  test.each([
    ['is its default', 'restart nginx', {}, 3],
    ['comes from the user', 'restart nginx', { user }, 2],
    ['comes from the project before the user', 'restart nginx', { user, project: 'tries: 1\n' }, 1],
    ['comes from its variable before files', 'restart nginx', { user, project, env }, 4],
    ['comes from the flag before all', 'restart nginx -n 5', { user, project, env }, 5],
    ['of a command comes before one for all', 'restart nginx', { project: 'tries: 1\nrestart:\n  tries: 5\n' }, 5],
    [
      'of a command in a weaker file comes before one for all in a stronger',
      'restart nginx',
      { project, user: 'restart:\n  tries: 5\n' },
      5,
    ],
    ['is not taken from an empty variable', 'restart nginx', { user, env: { OPSCTL_TRIES: '' } }, 2],
    ['may be null in a file and is absent then', 'restart nginx', { project: 'restart:\n' }, 3],
  ])('%s', async (_, line, setting, tries) => expect(await settingOf('tries', line, setting)).toBe(tries))

  test.each([
    ['1', true],
    ['yes', true],
    ['ON', true],
    ['false', false],
    ['0', false],
  ])('that is a switch reads %s from its variable as %p', async (OPSCTL_FORCE, expected) => {
    expect(await settingOf('force', 'restart nginx', { env: { OPSCTL_FORCE } })).toBe(expected)
  })

  test('that is a list takes one value or several from a file', async () => {
    expect(await settingOf('host', 'restart nginx', { project: 'host: web1\n' })).toEqual(['web1'])
    expect(await settingOf('host', 'restart nginx', { project: 'host: [web1, 2]\n' })).toEqual(['web1', '2'])
  })

  test('is read from the file that --config or OPSCTL_CONFIG names, and from no other', async () => {
    await using home = await world({ project: 'tries: 1\n', user: 'mode: stop\n' })
    await writeFile(join(home.path, 'ci.yaml'), 'wait: 1s\n')
    const at = { commands, home: home.path, cwd: home.project }
    const byFlag = await inProcess('restart nginx -o json --config ../ci.yaml', at)
    const byVariable = await inProcess('restart nginx -o json', { ...at, env: { OPSCTL_CONFIG: join(home.path, 'ci.yaml') } })
    expect(JSON.parse(byFlag.stdout)).toMatchObject({ tries: 3, mode: 'restart', wait: 1000 })
    expect(byVariable.stdout).toBe(byFlag.stdout)
  })

  test('of the output chooses the format', async () => {
    const { stdout } = await run('restart nginx', { project: 'output: json\n' })
    expect(JSON.parse(stdout)).toMatchObject({ service: 'nginx' })
  })
})

describe('a wrong setting is told with its place', () => {
  test.each([
    ['a file', { project: '# shop\ntries: many\n' }, 78, "~/shop/opsctl.yaml:2:8: tries: 'many' is not a number", 'E_CONFIG'],
    [
      'a file, out of range',
      { user: 'tries: 9\n' },
      78,
      "~/.config/opsctl/config.yaml:1:8: tries: '9' is too big: at most 5",
      'E_CONFIG',
    ],
    [
      'a section',
      { project: 'restart:\n  mode: relod\n' },
      78,
      "~/shop/opsctl.yaml:2:9: mode: 'relod' is not one of reload, restart, stop",
      'E_CONFIG',
    ],
    [
      'a switch',
      { project: 'force: maybe\n' },
      78,
      "~/shop/opsctl.yaml:1:8: force: 'maybe' is neither true nor false",
      'E_CONFIG',
    ],
    [
      'a duration',
      { project: 'wait: soon\n' },
      78,
      "~/shop/opsctl.yaml:1:7: wait: 'soon' is not a duration: write 500ms, 5s, 1m30s, 2h or 1d",
      'E_CONFIG',
    ],
    ['a format', { project: 'output: jsn\n' }, 78, "~/shop/opsctl.yaml:1:9: there is no format 'jsn'", 'E_CONFIG'],
    ['a mapping for a value', { project: 'tries: {a: 1}\n' }, 78, '~/shop/opsctl.yaml:1:8: tries must be one value', 'E_CONFIG'],
    ['an unknown key', { project: 'trise: 1\n' }, 78, "~/shop/opsctl.yaml:1:1: there is no setting 'trise'", 'E_CONFIG'],
    [
      'an unknown key of a section',
      { project: 'restart:\n  trys: 1\n' },
      78,
      "~/shop/opsctl.yaml:2:3: there is no setting 'restart.trys'",
      'E_CONFIG',
    ],
    [
      'a flag that only the command line may give',
      { project: 'once: x\n' },
      78,
      "~/shop/opsctl.yaml:1:1: there is no setting 'once'",
      'E_CONFIG',
    ],
    ['a variable', { env: { OPSCTL_TRIES: 'many' } }, 2, "OPSCTL_TRIES: 'many' is not a number", 'E_USAGE'],
    [
      'a variable that is a switch',
      { env: { OPSCTL_FORCE: 'maybe' } },
      2,
      "OPSCTL_FORCE: 'maybe' is neither true nor false",
      'E_USAGE',
    ],
    [
      'a variable that is a choice',
      { env: { OPSCTL_COLOR: 'pink' } },
      2,
      "OPSCTL_COLOR: 'pink' is not one of auto, always, never",
      'E_USAGE',
    ],
    [
      'a missing file',
      { env: { OPSCTL_CONFIG: '/no/such.yaml' } },
      78,
      '/no/such.yaml: there is no such configuration file',
      'E_CONFIG',
    ],
  ])('%s', async (_, setting, exit, message, errorCode) => {
    const { code, stdout, stderr } = await run('restart nginx', setting)
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr).toStartWith(`opsctl: ${message}\n`)
    expect(stderr).toEndWith(`see: opsctl explain ${errorCode}\n`)
  })

  test('with the nearest key as a hint', async () => {
    expect((await run('restart nginx', { project: 'trise: 1\n' })).stderr).toContain('hint: did you mean tries?')
    expect((await run('restart nginx', { project: 'restart:\n  tris: 1\n' })).stderr).toContain(
      'hint: did you mean restart.tries?',
    )
  })

  test('as data in a machine format', async () => {
    const { stderr } = await run('restart nginx -o json', { project: 'tries: many\n' })
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'error',
      code: 'E_CONFIG',
      exit: 78,
      data: { flag: 'tries', value: 'many', origin: '~/shop/opsctl.yaml:1:8' },
    })
  })
})

describe('a variable that nobody reads', () => {
  test.each([
    ['OPSCTL_TRISE', 'the variable OPSCTL_TRISE is not known and has no effect; did you mean OPSCTL_TRIES?'],
    ['OPSCTL_SOMETHING_ELSE', 'the variable OPSCTL_SOMETHING_ELSE is not known and has no effect\n'],
  ])('is told with the nearest that is read: %s', async (name, message) => {
    const { code, stderr } = await inProcess('restart nginx', { commands, env: { [name]: '1', OPSCTL_TRIES: '2' } })
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(message) })
  })

  test('is told with its flag when that is for the command line alone', async () => {
    const { stderr } = await inProcess('hosts -t localhost', { env: { OPSCTL_RESUME: 'x' } })
    expect(stderr).toContain('the variable OPSCTL_RESUME is not read: --resume can only be given on the command line')
  })

  test('is not told when it is empty', async () => {
    expect((await inProcess('hosts -t localhost', { env: { OPSCTL_TRISE: '' } })).stderr).toBe('')
  })
})
