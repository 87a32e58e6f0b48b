import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import type { Json } from '../../src/lib/core/json.ts'
import { yamlText } from '../../src/lib/render/yaml-text.ts'

/** Words that some reader or other takes for a boolean, a number, a date, null, or a piece of syntax. */
const tricky = [
  ...[
    '',
    ' ',
    'yes',
    'No',
    'ON',
    'off',
    'y',
    'N',
    'true',
    'FALSE',
    'null',
    '~',
    'Null',
    '.inf',
    '-.INF',
    '.nan',
    'NaN',
    '_',
    '=',
  ],
  ...['0', '007', '0x1F', '0o17', '0b1', '1_000', '1e3', '+1', '-0', '1.', '.5', '12:30', '12:30:45', '2026-11-22', '1,000'],
  ...[
    '- a',
    '-',
    '--- ',
    '---',
    '...',
    '? a',
    ': a',
    'a: b',
    'a:',
    'a #b',
    '#a',
    '&a',
    '*a',
    '!a',
    '!!str a',
    '|',
    '>',
    '%a',
    '@a',
    '`a',
    '<<',
    '[a]',
    '{a}',
  ],
  ...[
    "'a'",
    '"a"',
    'a\tb',
    '\ta',
    'a ',
    ' a',
    'a\\b',
    'a\rb',
    'a\r\nb',
    'a\n',
    '\n',
    '\n\n',
    '\na',
    ' a\nb',
    'a\n b\n',
    'a\n\n\n',
    'a\n \n',
    '\n \na\n',
    'a\n\tb',
  ],
  ...[
    '\u0085',
    '\u2028',
    '\ufeff',
    '\u0000',
    '\u001b[31m',
    '\u007f',
    '\ud83d\ude80',
    '日本\n東京\n',
    'x'.repeat(2000),
    `${'k'.repeat(1100)} v`,
  ],
]
const text = fc.oneof(
  fc.constantFrom(...tricky),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...tricky)).map(words => words.join('\n')),
)
const { value } = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -1, 1e21, 1e-7, 5e-324, 12.5),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}))

for (const version of ['1.2', '1.1'] as const) {
  test(`any JSON value reads back the same as YAML ${version}`, () => {
    fc.assert(
      fc.property(value, value => {
        const read: unknown = parse(`${yamlText(value)}\n`, { version, merge: false })
        expect(read).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 2000 },
    )
  })
}

test('every tricky word reads back the same as value, key, element and member', () => {
  for (const word of tricky) {
    const value = { value: word, [word]: 1, list: [word, { word }] }
    expect(parse(`${yamlText(value)}\n`)).toEqual(value)
  }
})

test('reads well: plain words, blocks of output, nested lists', () => {
  const value = {
    name: 'nginx -t',
    path: '/etc/nginx/nginx.conf',
    ok: 'yes',
    output: 'line 1\n\n  line 3\n',
    hosts: ['web1', { port: 22 }],
    none: [],
  }
  expect(yamlText(value).split('\n')).toEqual([
    'name: nginx -t',
    'path: /etc/nginx/nginx.conf',
    'ok: "yes"',
    'output: |',
    '  line 1',
    '',
    '    line 3',
    'hosts:',
    '  - web1',
    '  - port: 22',
    'none: []',
  ])
})
