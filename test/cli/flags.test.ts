import { describe, expect, test } from 'bun:test'
import { inProcess } from '../helpers/in-process.ts'
import { commands } from './commands.ts'

const run = (line: string, env: Record<string, string> = {}) => inProcess(line, { commands, env })
const dataOf = async (line: string, env: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await run(`-o json ${line}`, env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('flags', () => {
  test('have defaults', async () => {
    expect(await dataOf('restart nginx')).toEqual({
      ...{ service: 'nginx', host: [], wait: 10_000, tries: 3, mode: 'restart', force: false, check: true },
    })
  })

  test.each([
    ['long with a blank', 'restart nginx --tries 5', { tries: 5 }],
    ['long with =', 'restart nginx --tries=5', { tries: 5 }],
    ['short with a blank', 'restart nginx -n 5', { tries: 5 }],
    ['short with the value attached', 'restart nginx -n5', { tries: 5 }],
    ['a cluster of switches', 'restart nginx -fq', { force: true }],
    ['a cluster that ends in a value', 'restart nginx -fn 5', { force: true, tries: 5 }],
    ['before the argument', 'restart -n 5 nginx', { tries: 5, service: 'nginx' }],
    ['a list, given more than once', 'restart nginx -t web1 --host web2', { host: ['web1', 'web2'] }],
    ['one value given twice: the last', 'restart nginx --mode stop --mode reload', { mode: 'reload' }],
    ['switched off', 'restart nginx --no-check', { check: false }],
    ['switched on and off: the last', 'restart nginx --force --no-force', { force: false }],
    ['a duration', 'restart nginx --wait 1m30s', { wait: 90_000 }],
    ['a dash for an argument', 'restart -', { service: '-' }],
    ['an argument that looks like a flag', 'restart -- --nginx', { service: '--nginx' }],
    ['an empty argument', "restart ''", { service: '' }],
  ])('%s', async (_, line, expected) => expect(await dataOf(line)).toMatchObject(expected))

  test.each([
    '-o json restart nginx -q',
    'restart -o json nginx',
    'restart nginx -ojson',
    'restart --output=json nginx',
    '-q -o json restart nginx',
  ])('that are global stand anywhere: %s', async line => {
    const { code, stdout } = await run(line)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ service: 'nginx' })
  })
})

describe('behind --', () => {
  test.each([
    ['remote -t web1 -- ls -la', ['ls', '-la']],
    ['remote -t web1 -- ls -o json --help --version -h', ['ls', '-o', 'json', '--help', '--version', '-h']],
    ['remote -t web1 -- ls -- x', ['ls', '--', 'x']],
    ['remote -t web1 ls --no-such -x -t web2', ['ls', '--no-such', '-x', '-t', 'web2']],
    ["remote -t web1 -- 'two words' ''", ['two words', '']],
    ['remote -t web1 --', []],
    ['remote -t web1 -- help', ['help']],
  ])('everything is untouched: %s', async (line, command) => {
    expect(await dataOf(line)).toEqual({ command, host: ['web1'] })
  })
})

describe('what is wrong on the command line', () => {
  test.each([
    ['restar nginx', "'restar' is not a command of opsctl", 'did you mean `opsctl restart`?'],
    ['deploy', "'deploy' is not a command of opsctl", '`opsctl --help` lists the commands'],
    ['pool ad', "'ad' is not a command of opsctl pool", 'did you mean `opsctl pool add`?'],
    ['help restat', "'restat' is not a command of opsctl", 'did you mean `opsctl restart`?'],
    ['--bogus', 'opsctl has no flag --bogus without a command', 'write the command first: `opsctl --help` lists them'],
    ['--versoin', 'opsctl has no flag --versoin without a command', 'write the command first: `opsctl --help` lists them'],
    ['--outptu=json', 'opsctl has no flag --outptu=json without a command', 'did you mean --output?'],
    ['restart nginx --forse', 'opsctl restart has no flag --forse', 'did you mean --force?'],
    ['restart nginx --outptu=json', 'opsctl restart has no flag --outptu=json', 'did you mean --output?'],
    ['restart nginx -x', 'opsctl restart has no flag -x', '`opsctl restart --help` lists the flags'],
    ['restart', 'opsctl restart needs SERVICE: the unit', '`opsctl restart --help` lists the flags'],
    ['restart nginx php', "opsctl restart takes only SERVICE, so 'php' is too much", '`opsctl restart --help` lists the flags'],
    ['pool list web1', "opsctl pool list takes no argument, so 'web1' is too much", '`opsctl pool list --help` lists the flags'],
    ['restart nginx --wait', '--wait needs a value', '`opsctl restart --help` lists the flags'],
    ['restart nginx -t', '--host needs a value', '`opsctl restart --help` lists the flags'],
    ['restart nginx --wait soon', "--wait: 'soon' is not a duration: write 500ms, 5s, 1m30s, 2h or 1d", undefined],
    ['restart nginx -n many', "--tries: 'many' is not a number", undefined],
    ['restart nginx -n 2.5', "--tries: '2.5' is not a whole number", undefined],
    ['restart nginx -n 9', "--tries: '9' is too big: at most 5", undefined],
    ['restart nginx -n -5', "--tries: '-5' is too small: at least 1", undefined],
    ['restart nginx --tries=', "--tries: '' is not a number", undefined],
    ['restart nginx --mode relaod', "--mode: 'relaod' is not one of reload, restart, stop", 'did you mean reload?'],
    [
      'end repor',
      "HOW: 'repor' is not one of report, stream, ops-error, problems, error, text, never, patient",
      'did you mean report?',
    ],
    ['restart nginx -o jsn', "--output: there is no format 'jsn'", 'did you mean json?'],
    [
      'restart nginx -o human -o table',
      'only one format can go to stdout, and human and table were asked for',
      'give a file: -o table=result.table',
    ],
    ['restart nginx -o json=', "-o json= names no file after the '='", undefined],
    ['restart nginx -o json=a.json --output-file b', '--output-file has no format left: every -o names its own file', undefined],
  ])('%s: %s', async (line, message, hint) => {
    const { code, stdout, stderr } = await run(line)
    const told = [`opsctl: ${message}`, ...(hint ? [`hint: ${hint}`] : []), 'see: opsctl explain E_USAGE', '']
    expect({ code, stdout, stderr: stderr.split('\n') }).toEqual({ code: 2, stdout: '', stderr: told })
  })
})
