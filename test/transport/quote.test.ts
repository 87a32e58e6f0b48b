import { describe, expect, test } from 'bun:test'
import { commandLine, quoteArgv, withEnv } from '../../src/lib/transport/quote.ts'

describe('quoting', () => {
  test.each([
    [['uptime'], 'uptime'],
    [['ls', '-l', '/var/log/nginx/access.log'], 'ls -l /var/log/nginx/access.log'],
    [['echo', 'two words'], "echo 'two words'"],
    [['echo', "it's"], `echo 'it'\\''s'`],
    [['echo', ''], "echo ''"],
    [['echo', '$HOME', '*', '~', '!x', '#'], "echo '$HOME' '*' '~' '!x' '#'"],
    [['systemctl', 'restart', 'nginx@web:443.service'], 'systemctl restart nginx@web:443.service'],
    [['A=b', 'x'], "'A=b' x"],
    [['if', 'then'], "'if' then"],
    [['echo', 'über'], "echo 'über'"],
    [['echo', 'a\nb'], "echo 'a\nb'"],
  ])('%p is %p', (argv, line) => {
    expect(quoteArgv(argv)).toBe(line)
  })

  test('runs the program itself and no builtin of that name', () => {
    expect(commandLine({ argv: ['echo', 'a\\nb'] })).toBe("exec echo 'a\\nb'")
    expect(commandLine({ argv: ['-odd', 'name'] })).toBe('exec -- -odd name')
  })

  test('leaves a line for the shell as it is', () => {
    expect(commandLine({ shell: 'df -h | tail -1' })).toBe('df -h | tail -1')
  })

  test('sets variables', () => {
    expect(commandLine({ argv: ['make'] }, { CC: 'gcc -m32' })).toBe("exec env 'CC=gcc -m32' make")
    expect(commandLine({ shell: 'make' }, { CC: 'gcc -m32', V: '1' })).toBe("export CC='gcc -m32' V=1\nmake")
  })

  test('keeps a program whose name looks like an assignment apart from the variables', () => {
    expect(withEnv(['A=b'], { X: '1' })).toEqual(['env', 'X=1', 'sh', '-c', 'exec "$@"', 'sh', 'A=b'])
    expect(withEnv(['A=b'], {})).toEqual(['A=b'])
  })

  test.each([
    [{ argv: [] }, {}, 'the command is empty'],
    [{ argv: ['echo', 'a\0b'] }, {}, 'contains a NUL'],
    [{ shell: 'echo \0' }, {}, 'contains a NUL'],
    [{ argv: ['echo', '\ud800'] }, {}, 'half of a surrogate pair'],
    [{ argv: ['env'] }, { 'PATH;rm': 'x' }, 'is not a name of an environment variable'],
    [{ argv: ['echo', 'x'.repeat(200_000)] }, {}, 'a host takes at most 131071'],
  ])('refuses what no argument can hold: %#', (command, env, message) => {
    expect(() => commandLine(command, env)).toThrow(message)
    expect(() => commandLine(command, env)).toThrow(expect.objectContaining({ code: 'E_USAGE' }))
  })
})
