import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../helpers/fleet.ts'
import { hostileVariables } from '../helpers/hostile-variables.ts'
import { needs } from '../helpers/needs.ts'
import { opsctlProgram } from '../helpers/opsctl.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

let place: TempDir
let program: string

beforeAll(async () => {
  place = await tempDir()
  await chmod(place.path, 0o755)
  program = join(place.path, 'opsctl')
  await copyFile(opsctlProgram(), program)
  // Any account may enter, run the program without being able to read it, and leave its runs here.
  await chmod(program, 0o711)
  await mkdir(join(place.path, 'state'))
  await chmod(join(place.path, 'state'), 0o1777)
  await mkdir(join(place.path, 'closed/.ssh'), { recursive: true })
  await writeFile(join(place.path, 'closed/.ssh/config'), 'Host bastion\n')
  await chmod(join(place.path, 'closed'), 0o700)
})

afterAll(() => place[Symbol.asyncDispose]())

/** Two lines for sh: what is odd, and an end. PATH, and what a line sets, is the whole environment. */
async function run(setUp: string, args: readonly string[], as: readonly string[] = []) {
  const argv = [...as, '/bin/sh', '-c', `${setUp}\nexec "$0" "$@"`, program, ...args]
  const env = { PATH: '/usr/bin:/bin', XDG_STATE_HOME: join(place.path, 'state') }
  const child = Bun.spawn(argv, { cwd: place.path, env, stdin: 'ignore', stderr: 'pipe', timeout: 60_000 })
  const texts = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const [code, [stdout, stderr]] = await Promise.all([child.exited, texts])
  // Neither our stack traces nor the crash reports and source lines of the runtime.
  expect(stderr).not.toMatch(/\n {4}at |Bun v|E_BUG|^\s*\d+ \|/m)
  return { code, stdout, stderr }
}

/** As sudo leaves it behind: only its owner may enter. */
const closedHome = 'export HOME="${0%/*}/closed"'
const echo = ['exec', '-t', 'localhost', '--no-prefix', '--', '/bin/echo', 'it runs']
const users: (readonly [string, readonly string[]])[] = [['the account of the test', []]]
if (needs('root')) users.push(['a plain user', ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']])

/** The launcher of a checkout needs more than the compiled program does. */
describe.skipIf(process.env['OPSCTL_BIN'] === undefined).each(users)('the program as %s', (_, as) => {
  test.each([
    ['a home where nothing can be', 'export HOME=/dev/null/x'],
    ['a home that is a name without a slash', 'export HOME=nowhere'],
    ['a home that is a device', 'export HOME=/dev/null'],
    ['a home that may be that of somebody else', closedHome],
    ['no PATH', 'unset PATH'],
    ['an empty PATH', 'export PATH='],
    ['a PATH of relative directories', 'export PATH=.:..'],
    ['no directory for temporary files', 'export TMPDIR=/nonexistent'],
    ['relative XDG directories', 'export XDG_CONFIG_HOME=a XDG_CACHE_HOME=b XDG_RUNTIME_DIR=c'],
    ['a state directory that is a file', 'export XDG_STATE_HOME=/dev/null'],
    ['a umask that gives nobody anything', 'umask 777'],
    ['a gigabyte of addresses', 'ulimit -v 1000000'],
    ['no file to be written', 'ulimit -f 0'],
    ['a quarter of a megabyte of stack', 'ulimit -s 256'],
    ['SIGPIPE ignored', "trap '' PIPE"],
    ['SIGCHLD ignored', "trap '' CHLD"],
    ['a directory that was removed', 'gone=$(mktemp -d) && cd "$gone" && rmdir "$gone"'],
  ])(
    'runs with %s',
    async (_, setUp) => {
      expect(await run(setUp, ['--version'], as)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^opsctl \d/),
        stderr: '',
      })
      expect(await run(setUp, echo, as)).toMatchObject({ code: 0, stdout: 'it runs\n' })
      expect(await run(setUp, ['exec', '--bogus'], as)).toMatchObject({ code: 2 })
    },
    120_000,
  )

  test.skipIf(as.length === 0)(
    'passes over an SSH configuration that it may not read, and says so; one that is named is an error',
    async () => {
      const { code, stdout, stderr } = await run(closedHome, ['hosts', '-t', 'web1'], as)
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('web1') })
      expect(stderr).toContain('closed/.ssh/config may not be read by this user: it is passed over, as ssh does\n')
      // For work on this machine alone nothing of SSH is read.
      const here = await run(closedHome, echo, as)
      expect(here).toMatchObject({ code: 0, stdout: 'it runs\n', stderr: expect.not.stringContaining('.ssh') })
      const named = ['--ssh-config', join(place.path, 'closed/.ssh/config')]
      expect(await run(closedHome, ['exec', ...named, '-t', 'localhost', '--', 'true'], as)).toMatchObject({
        code: 78,
        stderr: expect.stringContaining('closed/.ssh/config: may not be read by this user\n'),
      })
    },
  )

  test('knows how a local program ended though SIGCHLD is ignored', async () => {
    const args = ['exec', '-t', 'localhost', '--', '/bin/sh', '-c', 'exit 3']
    expect(await run("trap '' CHLD", args, as)).toMatchObject({ code: 1, stderr: expect.stringContaining('exit 3') })
  })

  test('says with few open files what it needs, before anything runs', async () => {
    const { code, stdout, stderr } = await run('ulimit -n 16', echo, as)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('see: opsctl explain E_LIMITS')
    expect(await run('ulimit -n 16', ['--version'], as)).toMatchObject({ code: 0 })
  })

  test('finds nothing in a directory that was removed, and makes nothing there', async () => {
    const removed = 'gone=$(mktemp -d) && cd "$gone" && rmdir "$gone"'
    const written = await run(removed, ['exec', '-t', 'localhost', '--', '/bin/sh', '-c', 'echo x >made'], as)
    expect(written.code).toBe(1)
    expect(await run(removed, ['hosts', '-i', 'hosts.yaml', '-t', '@all'], as)).toMatchObject({ code: 78, stdout: '' })
  })

  test.each([
    ['stdin', '<&-', 0],
    ['stdout', '>&-', 74],
    ['stderr', '2>&-', 0],
    ['stdin and stdout', '<&- >&-', 74],
    ['stdin and stderr', '<&- 2>&-', 0],
    ['stdout and stderr', '>&- 2>&-', 74],
    ['all three', '<&- >&- 2>&-', 74],
  ])(
    'is honest without %s, and puts no text into files that it opens in their place',
    async (_, closed, code) => {
      const state = join(
        place.path,
        'state',
        `closed-${users.findIndex(([, other]) => other === as)}-${closed.replaceAll(/\W/g, '_')}`,
      )
      const setUp = `exec ${closed}; export XDG_STATE_HOME='${state}'`
      for (const args of [['--version'], ['exec', '--help'], echo]) {
        const { stdout, stderr } = await expectCode(setUp, args, code, as)
        if (closed.includes('>&-') && code === 74) expect(stdout).toBe('')
        if (closed.includes('2>&-')) expect(stderr).toBe('')
      }
      for (const file of await readdir(state, { recursive: true }).catch(() => []))
        if (/\.\w+$/.test(file)) expect(await Bun.file(join(state, file)).text()).not.toMatch(/^(it runs|opsctl:|✓)/m)
      await expectCode(setUp, ['exec', '--bogus'], 2, as)
    },
    120_000,
  )
})

async function expectCode(setUp: string, args: readonly string[], code: number, as: readonly string[]) {
  const end = await run(setUp, args, as)
  expect({ args, code: end.code }).toEqual({ args, code })
  return end
}

describe.skipIf(process.env['OPSCTL_BIN'] === undefined || !needs('sshd'))('the program on real hosts', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ hosts: 2 })
  }, 60_000)
  afterAll(() => fleet[Symbol.asyncDispose]())

  test.each([
    ['a removed directory and no variables', 'gone=$(mktemp -d) && cd "$gone" && rmdir "$gone"; unset PATH XDG_STATE_HOME'],
    ['nothing to read and nowhere to tell', 'exec <&- 2>&-'],
    ['a gigabyte of addresses, SIGCHLD ignored and no home', "ulimit -v 1000000; trap '' CHLD; export HOME=/dev/null"],
  ])(
    'runs over ssh with %s',
    async (_, setUp) => {
      const hosts = ['-i', fleet.inventoryFile, '-t', '@fleet', '--ssh-config', fleet.sshConfigFile]
      const end = await run(setUp, [
        'exec',
        ...hosts,
        '--state-dir',
        join(place.path, 'state'),
        '--collate',
        '--',
        'echo',
        'reached',
      ])
      expect(end).toMatchObject({ code: 0, stdout: expect.stringContaining('reached') })
    },
    120_000,
  )

  test('runs over ssh with every hostile variable', async () => {
    await using directory = await tempDir()
    const variables = Object.entries(await hostileVariables(directory.path))
    const setUp = variables.map(([name, value]) => `export ${name}='${value}'`).join('\n')
    const hosts = ['-i', fleet.inventoryFile, '-t', '@fleet', '--ssh-config', fleet.sshConfigFile]
    const end = await run(setUp, [
      'exec',
      ...hosts,
      '--state-dir',
      join(place.path, 'state'),
      '--collate',
      '--',
      'echo',
      'reached',
    ])
    expect(end).toMatchObject({ code: 0, stdout: expect.stringContaining('reached'), stderr: expect.stringContaining('2 ok') })
  }, 120_000)
})
