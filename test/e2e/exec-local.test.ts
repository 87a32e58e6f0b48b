import { describe, expect, test } from 'bun:test'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needs } from '../helpers/needs.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { tinyDisk } from '../helpers/tiny-disk.ts'

/** False for a process that ended, also while nobody has asked for its status. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return status !== '' && !status.includes(') Z ')
}

const here = ['exec', '-t', 'localhost']

describe('opsctl exec on this machine', () => {
  test('prints each line with its host on stdout and the summary on stderr', async () => {
    const { code, stdout, stderr } = await opsctl([...here, '--', 'printf', 'one\\ntwo'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'localhost: one\nlocalhost: two\n' })
    expect(stderr).toContain('1 ok')
  })

  test('takes one word as a line for the shell and several as an exact argument vector', async () => {
    expect((await opsctl([...here, '--', 'echo a  b | tr a-z A-Z'])).stdout).toBe('localhost: A B\n')
    expect((await opsctl([...here, 'printf', '%s|', 'a  b', '$HOME', "it's", ''])).stdout).toBe("localhost: a  b|$HOME|it's||\n")
  })

  test("leaves the command's own flags alone, with and without a double dash", async () => {
    expect((await opsctl([...here, 'echo', '-h', '--output', 'json'])).stdout).toBe('localhost: -h --output json\n')
    expect((await opsctl([...here, '--', 'echo', '--', '-t'])).stdout).toBe('localhost: -- -t\n')
  })

  test.each([
    ['a non-zero exit', ['--', 'exit 7'], 1, 'exit 7'],
    ['a signal', ['--', 'kill -TERM $$'], 1, 'SIGTERM'],
    ['a signal that has a number alone', ['--', 'kill -40 $$'], 1, 'SIG40'],
    ['a program that is not there', ['--', 'no-such-program', 'x'], 1, 'exit 127'],
    ['too long a run', ['--timeout', '200ms', '--', 'sleep', '30'], 1, '--timeout'],
    ['silence', ['--idle-timeout', '200ms', '--', 'sleep', '30'], 1, '--idle-timeout'],
    ['too much output', ['--max-output', '1K', '--', 'yes'], 1, '--max-output'],
    ['the deadline of the run', ['--deadline', '200ms', '--', 'sleep', '30'], 124, 'deadline'],
  ])('tells %s by its reason and exit code', async (_, args, code, text) => {
    const end = await opsctl([...here, ...args])
    expect(end.code).toBe(code)
    expect(end.stderr).toContain(text)
  })

  test('ends the whole tree of a command that ran too long', async () => {
    await using directory = await tempDir()
    const pidFile = join(directory.path, 'pid')
    await opsctl([...here, '--timeout', '300ms', '--', `sleep 300 & echo $! > ${pidFile}; wait`])
    const pid = Number(await readFile(pidFile, 'utf8'))
    expect(await isRunning(pid)).toBe(false)
  })

  test('sends stdin, a file and variables to the command', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'input')
    await writeFile(file, 'from a file')
    expect((await opsctl([...here, '--stdin', '-', '--', 'cat'], { stdin: 'from stdin' })).stdout).toBe('localhost: from stdin\n')
    expect((await opsctl([...here, '--stdin', file, '--', 'cat'])).stdout).toBe('localhost: from a file\n')
    expect((await opsctl([...here, '-e', "GREETING=it's $HOME", '--', 'echo "$GREETING"'])).stdout).toBe(
      "localhost: it's $HOME\n",
    )
  })

  test('does not touch its own stdin unless asked to, so that a loop around it goes on', async () => {
    const { stdout } = await opsctl([...here, '--', 'cat; echo done'], { stdin: 'next host\n' })
    expect(stdout).toBe('localhost: done\n')
  })

  test.each([
    ['sh', '#!/bin/sh -u\necho "$0 $1"\ncat\necho end\n', 'script one\nend\n'],
    ['a script without a first line', 'echo "plain $1"', 'plain one\n'],
    ['env and python', '#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1:])\n', "['one', 'a b']\n"],
    ['awk', '#!/usr/bin/awk -f\nBEGIN { print ARGV[1] }\n', 'one\n'],
  ])('runs a local script by %s, commands in it that read stdin included', async (_, script, output) => {
    await using directory = await tempDir()
    const file = join(directory.path, 'script')
    await writeFile(file, script)
    const { stdout, stderr, code } = await opsctl([...here, '--no-prefix', '--script', file, '--', 'one', 'a b'])
    expect({ stdout, code, stderr }).toEqual({ stdout: output, code: 0, stderr: expect.stringContaining('1 ok') })
  })

  test('keeps output byte for byte', async () => {
    const { stdoutBytes } = await opsctl([...here, '--no-prefix', '--', "printf '\\000\\377\\376caf\\351'"])
    expect([...stdoutBytes]).toEqual([0, 0xff, 0xfe, 0x63, 0x61, 0x66, 0xe9])
  })

  test('writes several formats of one run, each file whole', async () => {
    await using directory = await tempDir()
    const at = (name: string): string => join(directory.path, name)
    const formats = ['json', 'yaml', 'junit', 'tap', 'prometheus', 'html', 'ndjson', 'table', 'nagios']
    const { code, stdout } = await opsctl([
      ...here,
      '-o',
      'human',
      ...formats.flatMap(format => ['-o', `${format}=${at(format)}`]),
      '--',
      'echo hi',
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'localhost: hi\n' })
    expect((await readdir(directory.path)).sort()).toEqual([...formats].sort())
    expect(JSON.parse(await readFile(at('json'), 'utf8')).items[0].output.stdout.text).toBe('hi\n')
    expect(await readFile(at('html'), 'utf8')).toContain('localhost')
  })

  test('prints an item as it happens with ndjson, then the summary', async () => {
    const { stdout } = await opsctl([...here, '-o', 'ndjson', '--', 'echo hi'])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(line => line.type)).toEqual(['item', 'summary'])
    expect(lines[0].output.stdout.text).toBe('hi\n')
  })

  test('keeps output in a file a host', async () => {
    await using directory = await tempDir()
    const out = join(directory.path, 'logs')
    await opsctl([...here, '--output-dir', out, '--', 'echo out; echo err >&2'])
    expect(await readFile(join(out, 'localhost'), 'utf8')).toBe('out\n')
    expect(await readFile(join(out, 'localhost.stderr'), 'utf8')).toBe('err\n')
  })

  test('keeps all output with --spill and names the files in the report', async () => {
    await using state = await tempDir()
    const { stdout } = await opsctl([
      ...here,
      '--state-dir',
      state.path,
      '--spill',
      '-o',
      'json',
      '--',
      'head -c 3000000 /dev/zero | tr "\\0" x',
    ])
    const { file, bytes, truncated } = JSON.parse(stdout).items[0].output.stdout
    expect({ bytes, truncated, size: (await readFile(file)).length }).toEqual({
      bytes: 3_000_000,
      truncated: true,
      size: 3_000_000,
    })
  })
})

describe('wrong input', () => {
  test.each([
    [['exec', '--', 'uptime'], 2, 'no targets'],
    [['exec', '-t', 'localhost'], 2, 'no command'],
    [['exec', '-t', '', '--', 'true'], 2, 'selects no host'],
    [['exec', '-t', 'localhost', '--limit', 'web1', '--', 'true'], 2, 'selects no host'],
    [['exec', '-t', 'web[1-', '--', 'true'], 2, 'web[1-'],
    [[...here, '-o', 'jsn', '--', 'true'], 2, 'did you mean json'],
    [[...here, '-o', 'human', '-o', 'table', '--', 'true'], 2, 'only one format can go to stdout'],
    [[...here, '--concurrency', '0', '--', 'true'], 2, '--concurrency'],
    [[...here, '--timeout', 'soon', '--', 'true'], 2, "'soon' is not a duration"],
    [[...here, '--shard', '3/2', '--', 'true'], 2, 'the last one is 2/2'],
    [[...here, '--shard', '0/3', '--', 'true'], 2, 'did you mean 1/3'],
    [[...here, '--env', 'NOVALUE', '--', 'true'], 2, 'NAME=VALUE'],
    [[...here, '--script', '/no/such/script'], 2, '/no/such/script'],
    [[...here, '--sudo-password-file', '/x', '--', 'true'], 2, '--sudo'],
    [[...here, '--config', '/no/such/config.yaml', '--', 'true'], 78, '/no/such/config.yaml'],
    [['exec', '-i', '/no/such/inventory', '-t', '@web', '--', 'true'], 78, '/no/such/inventory'],
    [['exce', '-t', 'localhost'], 2, 'did you mean'],
  ])('%j ends with %d and says so', async (args, code, text) => {
    const end = await opsctl(args)
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code, stdout: '' })
    expect(end.stderr).toContain(text)
    expect(end.stderr).toMatch(/^opsctl: .*\n(.*\n)*see: opsctl explain E_[A-Z_]+\n$/)
  })

  test('is one JSON object on stderr for machine formats', async () => {
    const { stderr, code } = await opsctl(['exec', '-o', 'json', '--', 'uptime'])
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', code: 'E_NO_TARGETS', exit: code })
  })

  test('succeeds with nothing to do where every target is in another share, and says so', async () => {
    const shares = ['1/3', '2/3', '3/3'].map(shard => opsctl([...here, '--shard', shard, '-o', 'json', '--', 'true']))
    const ends = await Promise.all(shares)
    expect(ends.map(({ code, stdout }) => [code, JSON.parse(stdout).title, JSON.parse(stdout).data.shard])).toEqual([
      [0, 'true (shard 1/3)', { index: 1, count: 3 }],
      [0, 'true (shard 2/3)', { index: 2, count: 3 }],
      [0, 'true (shard 3/3)', { index: 3, count: 3 }],
    ])
    expect(ends.map(({ stdout }) => JSON.parse(stdout).items.length)).toEqual([1, 0, 0])
    expect(ends[1]?.stderr).toBe('opsctl: shard 2/3 is empty: the one target is in another one\n')
    expect(await opsctl(['exec', '-t', 'localhost!localhost', '--shard', '1/3', '--', 'true'])).toMatchObject({ code: 2 })
  })

  test('succeeds over no host only when that is allowed', async () => {
    expect((await opsctl(['exec', '-t', 'localhost!localhost', '--allow-empty', '--', 'true'])).code).toBe(0)
  })
})

describe('the output', () => {
  test('that does not fit on the disk ends with 74, after the run', async () => {
    await using directory = await tempDir()
    const marker = join(directory.path, 'ran')
    const { code, stderr } = await opsctl([...here, '--', `echo hi; touch ${marker}`], { stdoutFile: '/dev/full' })
    expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringContaining('stdout') })
    expect(await readdir(directory.path)).toEqual(['ran'])
  })

  test.each(['2>&-', '2>/dev/full'])('on stdout is whole with %s, so that nothing was lost', async redirect => {
    const program = process.env['OPSCTL_BIN'] ?? 'bin/opsctl'
    const end = await opsctl(['-c', `exec "$0" "$@" ${redirect}`, program, ...here, '--', 'echo hi; echo err >&2'], {
      program: '/bin/sh',
      cwd: join(import.meta.dirname, '../..'),
    })
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: 'localhost: hi\n' })
  })

  test('that is closed ends with 74', async () => {
    const end = await opsctl(
      ['-c', 'exec "$0" "$@" >&-', process.env['OPSCTL_BIN'] ?? 'bin/opsctl', ...here, '--', 'echo', 'hi'],
      {
        program: '/bin/sh',
        cwd: join(import.meta.dirname, '../..'),
      },
    )
    expect(end.code).toBe(74)
  })

  test('whose reader went away ends quietly with 141, after the run', async () => {
    await using directory = await tempDir()
    const marker = join(directory.path, 'ran')
    const program = process.env['OPSCTL_BIN'] ?? 'bin/opsctl'
    const pipe = `{ { "$0" exec -q -t localhost --no-prefix -- 'yes | head -c 5000000; touch ${marker}'; echo "code $?" >&3; } | head -n 1 >/dev/null; } 3>&1`
    const end = await opsctl(['-c', pipe, program], { program: '/bin/sh', cwd: join(import.meta.dirname, '../..') })
    expect({ stdout: end.stdout, stderr: end.stderr }).toEqual({ stdout: 'code 141\n', stderr: '' })
    expect(await readdir(directory.path)).toEqual(['ran'])
  })

  test.skipIf(!needs('mount'))('directory on a full disk ends with 74, and the command with it', async () => {
    await using disk = await tinyDisk(64 * 1024)
    const { code, stderr } = await opsctl([...here, '--output-dir', join(disk.path, 'logs'), '--', 'head -c 1000000 /dev/zero'])
    expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringContaining(disk.path) })
  })

  test('file that can not be written ends with 74 and leaves nothing behind', async () => {
    await using directory = await tempDir()
    const { code } = await opsctl([...here, '-o', `json=${join(directory.path, 'no/such/dir.json')}`, '--', 'true'])
    expect(code).toBe(74)
    expect(await readdir(directory.path)).toEqual([])
  })
})

describe('a signal', () => {
  test('once stops the run, names what was pending, and ends with its code', async () => {
    const run = await startOpsctl([...here, '--', 'echo started; sleep 60'])
    await run.until(/started/)
    run.kill('SIGTERM')
    const { code, stderr } = await run.ended
    expect(code).toBe(143)
    expect(stderr).toMatch(/localhost: running for/)
  })

  test('twice stops hard', async () => {
    const run = await startOpsctl([...here, '--', 'trap "" TERM INT; echo started; while kill -0 $PPID; do sleep 1; done'])
    await run.until(/started/)
    run.kill('SIGINT')
    await run.until(/once more stops hard/)
    run.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
  })

  test('USR1 lists what is pending and stops nothing', async () => {
    const run = await startOpsctl([...here, '--', 'echo started; read line < /dev/null; sleep 1; echo finished'])
    await run.until(/started/)
    run.kill('SIGUSR1')
    await run.until(/1 running, 0 not started/)
    const { code, stdout } = await run.ended
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'localhost: started\nlocalhost: finished\n' })
  })
})

describe('the surroundings', () => {
  test('may be empty: no HOME, a bare PATH, a state directory that can not be made', async () => {
    const { code, stdout } = await opsctl([...here, '--state-dir', '/proc/no/such', '--', 'echo hi'], {
      env: { HOME: '', PATH: '/usr/bin:/bin' },
    })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'localhost: hi\n' })
  })

  test.skipIf(!needs('root'))('with a configuration of another user in the working directory are refused', async () => {
    await using directory = await tempDir()
    await mkdir(join(directory.path, 'project'))
    const file = join(directory.path, 'project/opsctl.yaml')
    await writeFile(file, 'concurrency: 3\n')
    const { chown } = await import('node:fs/promises')
    await chown(file, 65_534, 65_534)
    const { code, stderr } = await opsctl([...here, '--', 'true'], { cwd: join(directory.path, 'project') })
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('belongs to another user') })
  })

  test('with a configuration that others may write are refused', async () => {
    await using directory = await tempDir()
    const file = join(directory.path, 'opsctl.yaml')
    await writeFile(file, 'concurrency: 3\n')
    await chmod(file, 0o666)
    const { code, stderr } = await opsctl([...here, '--', 'true'], { cwd: directory.path })
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('others may write') })
  })
})
