import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { pythonLiteral } from '../../src/lib/inventory/ansible/python-literal.ts'
import { shellWords } from '../../src/lib/inventory/ansible/shell-words.ts'
import { needs } from '../helpers/needs.ts'

const python = '/usr/bin/python3'
const hasPython = needs('ansible-inventory')

function ask(script: string, cases: readonly string[]): unknown[] {
  const run = spawnSync(python, ['-c', script], { input: JSON.stringify(cases), encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout)
}

describe.skipIf(!hasPython)('values of an INI inventory read as Python reads them', () => {
  const values = `22
8080 # all members
-5
+5
- 5
--5
0
00
0123
0644
0x1f
0o17
0b101
1_000
1__0
_1
1.5
1.
.5
.
1e3
1E-2
1e
1.2.3
10.0.0.1
1+2
True
true
False
None
Nonesuch
yes
''
"quoted text"
'single'
'it''s'
'a' "b"
"mixed' quotes"
'\\n\\t\\\\ \\x41 \\u00e9 \\101 \\q'
r'raw\\n'
u'text'
b'bytes'
'unclosed
"a" trailing
'''triple'''
[1, 2, 3]
[1,2,]
[]
[,]
['a', "b", True, None]
[[1], [2, [3]]]
(1, 2)
(1)
(1,)
()
(None)
((1), [(None)])
1, 2
1,
{'a': 1, 'b': [2]}
{"role": "web", 'n': {'x': None}}
{1: 2, None: 3, 2.5: 4}
{}
{1, 1}
{'a'}
{'a': 1,}
{'a' 1}
{[1]: 2}
[1
hello
hello world
/srv/www
-J bastion
{{ inventory_hostname }}
['{{ a }}']
#comment
{'a': 1} # comment
[1] x
123456789012
@file
$HOME
!x
é
1L
0x
*`.split('\n')

  test.each(values.map((value, index) => [value, index] as const))('%p', (value, index) => {
    expect(pythonLiteral(value)).toEqual(expected[index] as never)
  })

  const script = `
import ast, json, sys
def read(text):
    try:
        value = ast.literal_eval(text)
        json.dumps(value, default=list)
    except (ValueError, SyntaxError, TypeError):
        value = text
    return text if isinstance(value, bytes) else value
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout, default=list)`
  const expected = hasPython ? ask(script, values) : []

  test('text that nests without end stays text', () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000)
    expect(pythonLiteral(deep)).toBe(deep)
  })

  test('an integer that can not be exact stays text', () => {
    expect(pythonLiteral('123456789012345678901')).toBe('123456789012345678901')
  })
})

describe.skipIf(!hasPython)('host lines split as Python splits them', () => {
  const lines = [
    'web1 ansible_port=22',
    'web1   a=1\tb=2  ',
    `web1 a="x y" b='z "w"' c=x" y"z`,
    'web1 a="say \\"hi\\"" b=c\\ d e="\\n" f=\'\\n\'',
    'web1 # comment a=1',
    'web1 pw=abc#def',
    'web1 pw="abc#def"',
    'web1 a="" b=\'\'',
    `tomcat3 mysecret="'03#pa33w0rd'"`,
    `web1 ansible_ssh_common_args='-o ProxyCommand="ssh -W %h:%p -q bastion"'`,
    'web1 a="unclosed',
    "web1 a='unclosed",
    'web1 a=b\\',
    '',
  ]
  const script = `
import json, shlex, sys
def split(line):
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return None
json.dump([split(line) for line in json.load(sys.stdin)], sys.stdout)`
  const expected = hasPython ? ask(script, lines) : []

  test.each(lines.map((line, index) => [line, index] as const))('%p', (line, index) => {
    const words = shellWords(line)
    expect(typeof words === 'string' ? null : words).toEqual(expected[index] as never)
  })
})
