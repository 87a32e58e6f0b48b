import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { terminalLine } from '../../src/lib/exec/terminal-line.ts'
import { inProcess } from '../helpers/in-process.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const shown = (line: string): string => Buffer.from(terminalLine(Buffer.from(line))).toString('utf8')

describe('a line of a host on a terminal', () => {
  test.each([
    ['plain text', 'load average: 0.1\n', 'load average: 0.1\n'],
    ['tabs and letters of all languages', 'Größe\t¥ 日本 🙂\n', 'Größe\t¥ 日本 🙂\n'],
    ['an empty line', '\n', '\n'],
    ['colours, which end with the line', '\x1b[1;38;5;9mred\x1b[4:3m\n', '\x1b[1;38;5;9mred\x1b[4:3m\x1b[0m\n'],
    ['colours of a last line without an end', '\x1b[31mred', '\x1b[31mred\x1b[0m'],
    ['a cleared screen and a moved cursor', 'a\x1b[2J\x1b[1;1Hb\x1b[Kc\n', 'abc\n'],
    ['a private mode', '\x1b[?1049hvim\x1b[?25l\n', 'vim\n'],
    ['a title', '\x1b]0;root@db1\x07ok\x1b]2;x\x1b\\!\n', 'ok!\n'],
    ['a link and a written clipboard', '\x1b]8;;http://x\x1b\\here\x1b]8;;\x1b\\ \x1b]52;c;cm0gLXJm\x07\n', 'here \n'],
    ['a question to the terminal', '\x1bP$qm\x1b\\\x1b[6n\x1bZ\n', '\n'],
    ['a reset and another set of characters', '\x1bc\x1b(0lqk\n', 'lqk\n'],
    ['a title that never ends', '\x1b]0;evil\n', '0;evil\n'],
    ['an escape at the end', 'a\x1b\n', 'a^[\n'],
    ['a line that is written over', 'rm -rf /\rls\n', 'rm -rf /^Mls\n'],
    ['the line end of Windows', 'a\r\n', 'a\n'],
    ['characters taken back, a bell, a delete', 'x\b \x07\x7f\x00\n', 'x^H ^G^?^@\n'],
    ['a control sequence of one character', '\u009b2J\u0085\n', '<U+009B>2J<U+0085>\n'],
  ])('may have %s', (_, line, expected) => expect(shown(line)).toBe(expected))

  test('keeps bytes that are no UTF-8', () => {
    const line = Uint8Array.of(0xff, 0x1b, 0x5b, 0x4b, 0xc3, 0x28, 10)
    expect([...terminalLine(line)]).toEqual([0xff, 0xc3, 0x28, 10])
  })

  test('never gives the terminal anything but text and colours', () => {
    const bytes = fc.constantFrom(...Buffer.from('\x1b[]P;?0m2JHa\x07\\\r\b\xc2\x9b\x9b', 'latin1'))
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 30 }), line => {
        const out = Buffer.from(terminalLine(Buffer.from([...line, 10]))).toString('latin1')
        expect(out.replaceAll(/\x1b\[[0-9;:]*m/g, '-')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/)
      }),
      { numRuns: 2000 },
    )
  })
})

test('opsctl exec shows a person no control sequences of a host, and gives a pipe every byte', async () => {
  await using home = await tempDir()
  const line = ['exec', '-t', 'localhost', '--', "printf 'a\\033[2Jb\\n'"]
  const options = { home: home.path, env: { PATH: '/usr/bin:/bin', NO_COLOR: '1' } }
  expect((await inProcess(line, { ...options, terminal: 80 })).stdout).toBe('localhost: ab\n')
  expect((await inProcess(['exec', '--no-prefix', ...line.slice(1)], { ...options, terminal: 80 })).stdout).toBe('a\x1b[2Jb\n')
  expect((await inProcess(line, options)).stdout).toBe('localhost: a\x1b[2Jb\n')
})
