import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needs } from '../helpers/needs.ts'
import { opsctl, opsctlProgram } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** Local, and several: an inventory in which all three are this machine. */
async function threeHosts(directory: string): Promise<string[]> {
  const file = join(directory, 'hosts.ini')
  await writeFile(file, 'one ansible_connection=local\ntwo ansible_connection=local\nthree ansible_connection=local\n')
  return ['exec', '-i', file, '-t', 'one,two,three']
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean).sort()

describe('opsctl exec refuses before anything runs', () => {
  test.each([
    ['an empty command', ['-t', 'localhost', '--', ''], 2, 'the command is empty'],
    ['a blank command', ['-t', 'localhost', '--', '  '], 2, 'the command is empty'],
    ['targets from an unset variable', ['-t', '', '--', 'echo ran'], 2, "-t '' selects no host"],
    ['an empty limit of a set', ['-t', 'localhost', '--limit', 'other', '--', 'echo ran'], 2, 'selects no host after --limit\n'],
    ['an empty user', ['-t', 'localhost', '--user=', '--', 'echo ran'], 2, '--user: is empty'],
    ['a directory as stdin', ['-t', 'localhost', '--stdin', '/', '--', 'echo ran'], 2, '/ can not be read'],
    ['a script that is not there', ['-t', 'localhost', '--script', 'nowhere.sh'], 2, 'nowhere.sh can not be read'],
    ['targets and script on stdin', ['-t', '-', '--script', '-'], 2, 'both the list of targets and the script'],
    ['a password that can not be read', ['-t', 'localhost', '--password-file', 'nowhere', '--', 'echo ran'], 78, 'nowhere'],
    [
      'a key that is not there',
      ['-t', 'localhost', '--identity', '/nope', '--', 'echo ran'],
      2,
      '--identity /nope: there is no such file',
    ],
    ['one file for two formats', ['-t', 'localhost', '-o', 'json=x', '-o', 'yaml=./x', '--', 'echo ran'], 2, 'same file x'],
    [
      'a result in no directory',
      ['-t', 'localhost', '-o', 'human', '-o', 'json=no/x', '--', 'echo ran'],
      74,
      'cannot write no/x',
    ],
    ['output in no directory', ['-t', 'localhost', '--output-dir', '/proc/no', '--', 'echo ran'], 74, 'cannot write /proc/no'],
  ])('%s', async (_, args, code, text) => {
    const end = await opsctl(['exec', ...args])
    expect(end).toMatchObject({ code, stdout: '' })
    expect(end.stderr).toContain(text)
  })

  test('a wrong keyword of ~/.ssh/config, once and not for each host', async () => {
    await using home = await tempDir()
    await mkdir(join(home.path, '.ssh'), { mode: 0o700 })
    await writeFile(join(home.path, '.ssh/config'), 'Host *\n  Prot 22\n', { mode: 0o600 })
    const end = await opsctl(['exec', '-t', 'web1,web2', '--', 'true'], { home: home.path })
    expect(end).toMatchObject({
      code: 78,
      stdout: '',
      stderr: expect.stringMatching(/\.ssh\/config:2: unknown keyword 'prot'\n/),
    })
  })
})

describe('opsctl exec gives every host the whole', () => {
  test.skipIf(!needs('bash'))('of a process substitution as stdin and as script', async () => {
    await using directory = await tempDir()
    const args = await threeHosts(directory.path)
    const bash = (line: string): ReturnType<typeof opsctl> =>
      opsctl(['exec', '-t', 'localhost', '--no-prefix', '--', 'bash', '-c', `"$@" ${line}`, 'bash', opsctlProgram(), ...args])
    expect(lines((await bash('--stdin <(echo all of it) -- cat')).stdout)).toEqual([
      'one:   all of it',
      'three: all of it',
      'two:   all of it',
    ])
    expect(lines((await bash("--script <(echo 'echo script $1') -- arg")).stdout)).toEqual([
      'one:   script arg',
      'three: script arg',
      'two:   script arg',
    ])
  })

  test('of a script on stdin', async () => {
    await using directory = await tempDir()
    const end = await opsctl([...(await threeHosts(directory.path)), '--script', '-', '--', 'a b'], {
      stdin: '#!/bin/sh\necho "$0: $1"\n',
    })
    expect(lines(end.stdout)).toEqual(['one:   stdin: a b', 'three: stdin: a b', 'two:   stdin: a b'])
  })
})

test('--output-dir holds nothing of an earlier run for the hosts of this one', async () => {
  await using directory = await tempDir()
  const args = [...(await threeHosts(directory.path)), '--output-dir', 'out']
  const out = join(directory.path, 'out')
  const run = (command: string): ReturnType<typeof opsctl> => opsctl([...args, '--', command], { cwd: directory.path })
  await mkdir(out)
  await writeFile(join(out, 'other'), 'kept')
  await run('echo hello; echo trouble >&2')
  expect((await readdir(out)).sort()).toEqual(['one', 'one.stderr', 'other', 'three', 'three.stderr', 'two', 'two.stderr'])
  await run('echo again')
  expect((await readdir(out)).sort()).toEqual(['one', 'other', 'three', 'two'])
  expect(await readFile(join(out, 'one'), 'utf8')).toBe('again\n')
})

test('a long host name keeps its distance from the line', async () => {
  await using directory = await tempDir()
  const name = 'a-long-name-for-a-host.rack12.fra1.example.com'
  await writeFile(join(directory.path, 'hosts.ini'), `${name} ansible_connection=local\n`)
  const { stdout } = await opsctl(['exec', '-i', 'hosts.ini', '-t', name, '--', 'echo', 'hi'], { cwd: directory.path })
  expect(stdout).toBe(`${name}: hi\n`)
})
