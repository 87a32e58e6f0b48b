import { describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../../src/lib/core/command.ts'
import { OpsError } from '../../src/lib/core/errors.ts'
import { inProcess, startInProcess } from '../helpers/in-process.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { commands, report } from './commands.ts'

const run = (line: string) => inProcess(line, { commands })

describe('a result', () => {
  test('that is a report gives its exit code, the summary on stderr', async () => {
    const { code, stdout, stderr } = await run('end report')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('✗ exit: web2\n    exit status 3\n')
  })

  test('that is a stream goes to stdout as it is', async () => {
    expect(await run('end stream')).toEqual({ code: 0, stdout: 'one two three\n', stderr: '' })
  })

  test.each([
    ['human', 'done\n'],
    ['table', 'done\n'],
    ['ndjson', '{"host":"web1"}\n'],
    ['json', '{\n  "host": "web1"\n}\n'],
    ['yaml', 'host: web1\n'],
  ])('that is a text can be had as %s', async (format, stdout) => {
    expect(await run(`pool add web1 -o ${format}`)).toEqual({ code: 0, stdout, stderr: '' })
  })

  test.each(['junit', 'tap', 'prometheus', 'html'])('that is a text has no form as %s, and says so', async format => {
    const { code, stdout, stderr } = await run(`pool add web1 -o ${format}`)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`-o ${format} shows items`)
  })

  test('goes to several places at once', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'run.json')
    const { stdout } = await run(`end report -o table -o json=${file}`)
    expect(stdout).toMatch(/^web2 +✗ failed/m)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ kind: 'end', counts: { total: 2 } })
  })

  test('goes to --output-file alone, whole', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'run.txt')
    expect(await run(`pool add web1 --output-file ${file}`)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await readFile(file, 'utf8')).toBe('done\n')
  })

  test('ends as a Nagios plugin where that format is asked for', async () => {
    const { code, stdout } = await run('end report -o nagios')
    expect(code).toBe(2)
    expect(stdout).toStartWith('OPSCTL CRITICAL - ')
  })
})

describe('an error', () => {
  test('of ours is told with its causes, a hint and where to read more', async () => {
    const { code, stdout, stderr } = await run('end ops-error')
    expect({ code, stdout }).toEqual({ code: 77, stdout: '' })
    expect(stderr).toBe(
      'opsctl: web1: every key was refused\n  because: publickey denied\nhint: ssh-add the key\nsee: opsctl explain E_AUTH\n',
    )
  })

  test('that lists several mistakes shows all of them', async () => {
    const { code, stderr } = await run('end problems')
    expect(code).toBe(78)
    expect(stderr).toBe(
      `opsctl: change.yaml:2:1: unknown key 'wave' in a change
hint: did you mean waves?
also: change.yaml:5:5: there is no step kind 'rnu'; did you mean run?
also: change.yaml:9:9: id is empty
also: 2 more
see: opsctl explain E_PLAN
`,
    )
  })

  test('of any other kind is our bug, with its stack', async () => {
    const { code, stderr } = await run('end error')
    expect(code).toBe(70)
    expect(stderr).toMatch(
      /^opsctl: x is not a function\n {2}because: the real reason\nsee: opsctl explain E_BUG\nTypeError: .*\n +at /,
    )
  })

  test('that is no Error at all is our bug too', async () => {
    const { code, stderr } = await run('end text')
    expect({ code, first: stderr.split('\n', 1)[0] }).toEqual({ code: 70, first: 'opsctl: just words' })
  })

  test.each(['json', 'ndjson', 'yaml', 'junit', 'tap', 'prometheus'])(
    'is one JSON object on stderr for %s, without secrets',
    async format => {
      const { code, stdout, stderr } = await run(`end ops-error -o ${format}`)
      expect({ code, stdout }).toEqual({ code: 77, stdout: '' })
      expect(stderr.indexOf('\n')).toBe(stderr.length - 1)
      expect(JSON.parse(stderr)).toEqual({
        type: 'error',
        code: 'E_AUTH',
        exit: 77,
        message: 'web1: every key was refused',
        hint: 'ssh-add the key',
        data: { host: 'web1', password: '[redacted]' },
        causes: ['publickey denied'],
      })
    },
  )

  test.each(['end ops-error', 'end error', 'restart nginx --forse', 'restart nginx -n 9'])(
    'is UNKNOWN for Nagios, on stdout: %s',
    async line => {
      const { code, stdout, stderr } = await run(`${line} -o nagios`)
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' })
      expect(stdout).toMatch(/^OPSCTL UNKNOWN - [^\n]+\n$/)
    },
  )

  test('of the format itself is told to a person', async () => {
    const { stderr } = await inProcess('restart nginx', { commands, env: { OPSCTL_OUTPUT: 'jsn' } })
    expect(stderr).toStartWith("opsctl: OPSCTL_OUTPUT: there is no format 'jsn'\nhint: did you mean json?\n")
  })
})

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s lets the run stop by itself, says what is pending, and gives exit %d', async (name, exit) => {
    const run = startInProcess('end patient', { commands })
    await poll('the command waits', 5000, async () => {
      run.signal('SIGUSR1')
      return run.stderr() !== ''
    })
    run.signal(name)
    const { code, stderr } = await run.ended
    expect(code).toBe(exit)
    expect(stderr).toContain('opsctl: web1: restarting for 3s\n')
    expect(stderr).toContain('once more stops hard')
  })

  test('that comes twice ends a command that never settles', async () => {
    const run = startInProcess('end never', { commands })
    await poll('the run has started', 5000, () => {
      run.signal('SIGINT')
      return run.stderr() !== ''
    })
    run.signal('SIGINT')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toContain('what ran on the hosts may still run there')
  })
})

describe('stdout that can not be written', () => {
  const gone = new OpsError('E_OUTPUT', 'the reader of stdout went away', { exit: 141 })
  const full = new OpsError('E_OUTPUT', 'stdout can not be written: no space left on device')

  test('gives 74 and says so', async () => {
    const { code, stderr } = await inProcess('pool add web1', { commands, stdoutError: full })
    expect({ code, stderr }).toEqual({
      code: 74,
      stderr: 'opsctl: stdout can not be written: no space left on device\nsee: opsctl explain E_OUTPUT\n',
    })
  })

  test('because its reader went away gives 141 and says nothing', async () => {
    expect(await inProcess('pool add web1', { commands, stdoutError: gone })).toEqual({ code: 141, stdout: '', stderr: '' })
  })

  test.each([
    ['a host that needs a human', [{ outcome: 'stuck' }], 6],
    ['a failure', [{ outcome: 'failed', reason: 'exit' }], 74],
    ['success', [{ outcome: 'ok' }], 74],
  ] as const)('after %s gives the stronger code', async (_, items, exit) => {
    const command = defineCommand({
      path: ['change'],
      summary: 'change hosts',
      input: z.strictObject({}),
      exits: [],
      examples: [],
      run: async () => report(items),
    })
    const { code, stderr } = await inProcess('change -o json', { commands: [command], stdoutError: full })
    expect(code).toBe(exit)
    expect(stderr).toContain('no space left on device')
  })
})
