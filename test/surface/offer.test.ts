import { describe, expect, test } from 'bun:test'
import { offer } from '../../src/lib/surface/completion/offer.ts'
import { commands } from '../cli/commands.ts'
import { programOf } from '../helpers/in-process.ts'

const program = programOf(commands)

/** Words as a shell splits them; a line that ends in a blank has an empty last word. */
const offered = (line: string) => offer(program, line.split(' '))
const words = (line: string): string[] | string => {
  const found = offered(line)
  return found.kind === 'words' ? found.candidates.map(({ word }) => word) : found.kind
}

describe('what is offered', () => {
  test.each<[string, string[]]>([
    ['', ['restart', 'remote', 'pool', 'end']],
    ['re', ['restart', 'remote']],
    ['-q re', ['restart', 'remote']],
    ['-o json re', ['restart', 'remote']],
    ['help re', ['restart', 'remote']],
    ['pool ', ['add', 'list']],
    ['pool l', ['list']],
    ['nothing ', []],
    ['end r', ['report']],
    ['restart nginx --mo', ['--mode']],
    ['restart --mode re', ['reload', 'restart']],
    ['restart --mode=re', ['--mode=reload', '--mode=restart']],
    ['restart --force --mode stop --fo', []],
    ['restart --host web1 --ho', ['--host']],
    ['restart --ch', []],
    ['restart --no-ch', ['--no-check']],
    ['restart --no-f', ['--no-force']],
    ['restart -n', []],
    ['restart -q', []],
    ['restart -o ya', ['yaml']],
    ['restart -oya', ['-oyaml']],
    ['restart -qo ya', ['yaml']],
    ['restart --output=ya', ['--output=yaml']],
    ['restart -o json -o ya', ['yaml']],
    ['--color a', ['auto', 'always']],
    ['restart --tries ', []],
    ['restart nginx ', []],
    ['remote ls -', []],
    ['remote -- --', []],
  ])('for `opsctl %s`', (line, expected) => expect(words(line)).toEqual(expected))

  test('for a dash alone are the long flags, with what they do', () => {
    const found = offered('restart -')
    expect(found).toMatchObject({
      kind: 'words',
      candidates: expect.arrayContaining([
        { word: '--mode', does: 'how' },
        { word: '--no-check', does: 'look first' },
      ]),
    })
  })

  test.each([
    ['restart --token-file ', { kind: 'files', prefix: '' }],
    ['restart --token-file=/etc/', { kind: 'files', prefix: '--token-file=' }],
    ['restart -o json=', { kind: 'files', prefix: 'json=' }],
    ['restart -o json=run', { kind: 'files', prefix: 'json=' }],
    ['restart --output=json=run', { kind: 'files', prefix: '--output=json=' }],
    ['restart --state-dir ', { kind: 'directories', prefix: '' }],
  ])('for `opsctl %s` are files', (line, expected) => expect(offered(line)).toMatchObject(expected))
})

describe('what is offered to the real commands', () => {
  const real = programOf()
  const hosts = (line: string) => offer(real, line.split(' '))

  test.each([
    ['exec -t ', '', ''],
    ['exec -t we', '', 'we'],
    ['exec -t web1,d', 'web1,', 'd'],
    ['exec -t @web,@d', '@web,', '@d'],
    ['exec -t @web!', '@web!', ''],
    ['exec -t @web&@pr', '@web&', '@pr'],
    ['exec -t root@we', 'root@', 'we'],
    ['exec --targets=web1,d', '--targets=web1,', 'd'],
    ['exec -tweb1,d', '-tweb1,', 'd'],
    ['exec -t web[1-3],d', 'web[1-3],', 'd'],
    ['hosts --limit @fa', '', '@fa'],
  ])('`opsctl %s` are hosts behind %p', (line, prefix, partial) =>
    expect(hosts(line)).toMatchObject({ kind: 'hosts', prefix, partial }),
  )

  test.each(['exec -t web[', 'exec -t web[1-3,'])('`opsctl %s` is nothing: the brackets are open', line =>
    expect(hosts(line)).toEqual({ kind: 'words', candidates: [] }),
  )

  test.each<[string, string[]]>([
    ['explain renderer js', ['json']],
    ['explain E_HOST', ['E_HOSTKEY']],
    ['explain exi', ['exit-codes', 'exit']],
    ['explain renderer json ', []],
    ['config show ex', ['exec', 'explain']],
    ['config show config s', ['schema', 'show']],
    ['completion z', ['zsh']],
  ])('for `opsctl %s`', (line, expected) => {
    const found = hosts(line)
    expect(found.kind === 'words' && found.candidates.map(({ word }) => word).sort()).toEqual([...expected].sort())
  })
})
