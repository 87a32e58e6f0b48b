import { describe, expect, test } from 'bun:test'
import { errorCodes } from '../../src/lib/core/errors.ts'
import { exitCodes } from '../../src/lib/core/exit.ts'
import { reasons } from '../../src/lib/core/item.ts'
import { topicWords } from '../../src/lib/surface/explain/topics.ts'
import { inProcess, programOf } from '../helpers/in-process.ts'

const run = (line: string) => inProcess(`explain ${line}`)
const dataOf = async (line: string) => JSON.parse((await run(`${line} -o json`)).stdout)

describe('opsctl explain', () => {
  test('lists the topics', async () => {
    const { code, stdout } = await run('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Topics\n {2}exit-codes +what each exit code means/)
    expect(stdout).toMatch(/^ {2}renderer \[TYPE\]/m)
  })

  test.each(['E_HOSTKEY', 'e_hostkey', 'E_hostkey'])('tells of an error code in any case: %s', async word => {
    const { code, stdout } = await run(word)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^E_HOSTKEY\n\nThe host key is unknown[\s\S]*\n\nExit code 77: key/),
    })
  })

  test('explains each topic that it lists, to people and as data', async () => {
    const topics = topicWords(programOf(), []).map(({ word }) => word)
    expect(topics).toEqual(
      expect.arrayContaining([...Object.keys(errorCodes), ...Object.keys(reasons), 'environment', 'files', 'formats']),
    )
    for (const topic of [...topics, ...Object.keys(exitCodes)]) {
      const { code, stdout } = await run(topic)
      expect({ topic, code, lines: stdout.split('\n').length > 1 }).toEqual({ topic, code: 0, lines: true })
      expect(await dataOf(topic)).toBeObject()
    }
  })

  test('tells all exit codes and which wins', async () => {
    const { exitCodes: rows, precedence } = await dataOf('exit-codes')
    expect(rows).toContainEqual({ exit: 6, meaning: exitCodes[6] })
    expect(precedence[0]).toBe(6)
    expect((await run('78')).stdout).toMatch(/^Exit code 78: configuration[\s\S]*E_CONFIG/)
  })

  test('tells of each member of each kind, with its schema and example', async () => {
    for (const { kind, type } of programOf().components) {
      expect(await dataOf(`${kind} ${type}`)).toMatchObject({ kind, type, schema: expect.anything(), example: expect.anything() })
      expect((await run(`${kind} ${type}`)).stdout).toMatch(/^Schema\n {2}\{[\s\S]*^Example\n {2}/m)
    }
    const { types } = await dataOf('inventory')
    expect(types.map(({ type }: { type: string }) => type)).toEqual(expect.arrayContaining(['yaml', 'ansible-ini', 'command']))
  })

  test('tells every variable', async () => {
    const { variables } = await dataOf('environment')
    expect(variables).toContainEqual({ variable: 'OPSCTL_CONCURRENCY', flag: '--concurrency', meaning: 'hosts at a time' })
    const names = variables.map(({ variable }: { variable: string }) => variable)
    expect(names).toEqual(expect.arrayContaining(['OPSCTL_CONFIG', 'NO_COLOR', 'SSH_AUTH_SOCK']))
    expect(names).not.toContain('OPSCTL_YES')
    expect(new Set(names).size).toBe(names.length)
  })

  test('tells where files are in this environment', async () => {
    const { stdout } = await inProcess('explain files -o json', { home: '/home/ops', env: { XDG_STATE_HOME: '/srv/state' } })
    expect(JSON.parse(stdout)).toMatchObject({
      config: ['/home/ops/opsctl.yaml', '/home/ops/.config/opsctl/config.yaml', '/etc/opsctl/config.yaml'],
      state: '/srv/state/opsctl',
    })
  })

  test('fits the terminal', async () => {
    const { stdout } = await inProcess('explain environment', { terminal: 80 })
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  })

  test.each([
    ['E_HOSTKAY', 'did you mean E_HOSTKEY?'],
    ['hostkye', 'did you mean hostkey?'],
    ['lokced', 'did you mean E_LOCKED?'],
    ['enviroment', 'did you mean environment?'],
    ['exec', '`opsctl help exec` tells of the command'],
    ['xyzzy', '`opsctl explain` lists the topics'],
    ['renderer jsn', 'did you mean json?'],
    ['E_AUTH json', 'the kinds are renderer, inventory, check, step, backend, rule, channel, source, sink'],
  ])('helps with a slip: %s', async (line, hint) => {
    const { code, stderr } = await run(line)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`hint: ${hint}\n`) })
  })
})
