import { describe, expect, test } from 'bun:test'
import { inProcess } from '../helpers/in-process.ts'
import { commands } from './commands.ts'

const escapeCode = '\u001b['
const run = (line: string, more: { env?: Record<string, string>; terminal?: number } = {}) =>
  inProcess(line, { commands, ...more })

describe('help', () => {
  test.each(['help', '--help', '-h', '-q --help'])('of the program is asked for by %s', async line => {
    const { code, stdout, stderr } = await run(line)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Examples\n {2}# one service on one host\n {2}opsctl restart nginx -t web1$/m)
    expect(stdout).toMatch(/^Commands\n {2}restart {2}restart a service$/m)
    expect(stdout).toMatch(/^ {2}pool {5}add, list$/m)
  })

  test.each([
    'help restart',
    'restart --help',
    'restart -h',
    '--help restart',
    'restart nginx --wait soon --help',
    'restart --no-such --help',
  ])('of a command is asked for by %s', async line => {
    const { code, stdout, stderr } = await run(line)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toStartWith('opsctl restart [flags] SERVICE\n\nRestart a service.\nWaits until it answers.\n\nExamples\n')
    expect(stdout).toContain('-n, --tries N          how often (default 3)')
    expect(stdout).toContain('    --mode MODE        how (one of reload, restart, stop; default restart)')
    expect(stdout).toContain('    --no-check')
    expect(stdout).toMatch(/^Exit codes\n {2}0 {2}did what was asked\n {2}2 {2}usage/m)
  })

  test.each(['help pool', 'pool --help'])('of a group of commands is asked for by %s', async line => {
    const { code, stdout } = await run(line)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Verbs\n {2}add {3}put a host into the pool\n {2}list {2}show the pool$/m)
  })

  test.each(['', 'pool', '-q'])("goes to stderr with exit 2 where nothing was asked: '%s'", async line => {
    const { code, stdout, stderr } = await run(line)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Examples')
  })

  test('fits the terminal', async () => {
    const { stdout } = await run('restart --help', { terminal: 60, env: { NO_COLOR: '1' } })
    expect(stdout.split('\n').filter(line => line.length > 60)).toEqual([])
  })

  test.each(['--version', '-V', 'restart --version', 'restart nginx --version'])('or the version, by %s', async line => {
    expect(await run(line)).toEqual({ code: 0, stdout: 'opsctl 1.2.3\n', stderr: '' })
  })
})

describe('colour', () => {
  test.each([
    ['a pipe', '', {}, false],
    ['a terminal', '', { terminal: 80 }, true],
    ['a terminal with NO_COLOR', '', { terminal: 80, env: { NO_COLOR: '1' } }, false],
    ['a terminal with an empty NO_COLOR', '', { terminal: 80, env: { NO_COLOR: '' } }, true],
    ['a terminal with TERM=dumb', '', { terminal: 80, env: { TERM: 'dumb' } }, false],
    ['a pipe with FORCE_COLOR', '', { env: { FORCE_COLOR: '1' } }, true],
    ['a terminal with FORCE_COLOR=0', '', { terminal: 80, env: { FORCE_COLOR: '0' } }, false],
    ['a terminal with FORCE_COLOR and NO_COLOR', '', { terminal: 80, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, false],
    ['a pipe with --color always', '--color always ', {}, true],
    ['a pipe with --color=always and NO_COLOR', '--color=always ', { env: { NO_COLOR: '1' } }, true],
    ['a terminal with --color never', '--color never ', { terminal: 80, env: { FORCE_COLOR: '1' } }, false],
    ['a pipe with OPSCTL_COLOR=always', '', { env: { OPSCTL_COLOR: 'always' } }, true],
  ])('on %s', async (_, flag, world, colored) => {
    const help = await run(`${flag}restart --help`, world)
    const error = await run(`${flag}end ops-error`, world)
    const result = await run(`${flag}end report`, world)
    expect([help.stdout, error.stderr, result.stderr].map(text => text.includes(escapeCode))).toEqual([colored, colored, colored])
  })

  test('never is in a format for machines', async () => {
    const { stdout } = await run('end report -o json --color always', { terminal: 80 })
    expect(stdout).not.toContain(escapeCode)
  })
})
