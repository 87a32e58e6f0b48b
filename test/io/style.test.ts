import { expect, test } from 'bun:test'
import { plainStyle } from '../../src/lib/io/plain-style.ts'
import { makeStyle } from '../../src/lib/io/style.ts'
import { type ColorSituation, wantsColor } from '../../src/lib/io/wants-color.ts'

const roles = ['good', 'bad', 'warn', 'dim', 'strong', 'name'] as const

test('every role has a colour of its own that ends where the text ends', () => {
  const style = makeStyle(true)
  const painted = roles.map(role => style[role]('web1'))
  expect(new Set(painted).size).toBe(roles.length)
  for (const text of painted) expect(text).toMatch(/^\x1b\[\d+mweb1\x1b\[\d+m$/)
})

test('colours whatever the environment of the test says', () => {
  expect(makeStyle(true).bad('web1')).toBe('\x1b[31mweb1\x1b[39m')
})

test('without colour every role returns its argument', () => {
  expect(makeStyle(false)).toBe(plainStyle)
  for (const role of roles) expect(plainStyle[role]('web1')).toBe('web1')
})

test('plain-style and wants-color do without chalk', async () => {
  for (const file of ['plain-style', 'wants-color']) {
    const source = await Bun.file(new URL(`../../src/lib/io/${file}.ts`, import.meta.url)).text()
    expect(source).not.toContain('chalk')
  }
})

const auto = { isTerminal: true, env: {}, flag: 'auto' } as const
const cases: [string, Partial<ColorSituation>, boolean][] = [
  ['a terminal has colour', {}, true],
  ['a pipe has none', { isTerminal: false }, false],
  ['NO_COLOR switches it off', { env: { NO_COLOR: '1' } }, false],
  ['an empty NO_COLOR says nothing', { env: { NO_COLOR: '' } }, true],
  ['FORCE_COLOR switches it on in a pipe', { isTerminal: false, env: { FORCE_COLOR: '1' } }, true],
  ['an empty FORCE_COLOR too', { isTerminal: false, env: { FORCE_COLOR: '' } }, true],
  ['FORCE_COLOR=0 switches it off', { env: { FORCE_COLOR: '0' } }, false],
  ['NO_COLOR wins over FORCE_COLOR', { env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
  ['a dumb terminal has none', { env: { TERM: 'dumb' } }, false],
  ['CI without a terminal has none', { isTerminal: false, env: { CI: 'true' } }, false],
  ['--color=always wins over everything', { isTerminal: false, env: { NO_COLOR: '1', TERM: 'dumb' }, flag: 'always' }, true],
  ['--color=never wins over everything', { env: { FORCE_COLOR: '1' }, flag: 'never' }, false],
]
for (const [name, situation, wanted] of cases) {
  test(name, () => expect(wantsColor({ ...auto, ...situation })).toBe(wanted))
}
