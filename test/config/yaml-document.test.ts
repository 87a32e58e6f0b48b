import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { OpsError } from '../../src/lib/core/errors.ts'
import { needs } from '../helpers/needs.ts'

// Wants calm: it compares two times of some 100 ms.

const path = 'hosts.yaml'
const parse = (text: string) => parseYamlDocument(text, path)
const fault = (text: string): OpsError => {
  try {
    parse(text)
  } catch (error) {
    return error as OpsError
  }
  throw new Error('was accepted')
}

describe('positions', () => {
  const document = parse(`# fleet
hosts:
  web1: { port: 22 }
  db1:
    labels:
      role: db
      tier: [gold, silver]
groups: &g
  empty:
copy: *g
`)
  test.each([
    [[], 2, 1],
    [['hosts'], 3, 3],
    [['hosts', 'web1', 'port'], 3, 17],
    [['hosts', 'db1', 'labels', 'role'], 6, 13],
    [['hosts', 'db1', 'labels', 'tier', 1], 7, 20],
    [['hosts', 'db1', 'labels', 'missing', 'deep'], 6, 7],
    [['groups', 'empty'], 9, 3],
    [['copy', 'empty'], 9, 3],
  ])('%p stands at %d:%d', (keys, line, column) => {
    expect(document.locate(keys)).toEqual({ line, column })
  })

  test('a key has its own place', () => {
    expect(document.locate(['hosts', 'web1', 'port'], 'key')).toEqual({ line: 3, column: 11 })
    expect(document.locate(['hosts'], 'key')).toEqual({ line: 2, column: 1 })
  })
})

describe('values', () => {
  test.each([
    ['', null],
    ['# nothing\n', null],
    ['a: yes', { a: 'yes' }],
    ['a: 0644', { a: 644 }],
    ['{"a": [1, true, null]}', { a: [1, true, null] }],
    ['base: &b {x: 1}\nhost:\n  <<: *b\n  y: 2', { base: { x: 1 }, host: { x: 1, y: 2 } }],
    ['22: a', { '22': 'a' }],
  ])('%p is %p', (text, value) => {
    expect(parse(text).value).toEqual(value)
  })

  test('finding every value of a large file costs less than parsing it', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `web${index}: { <<: *d, port: ${index}, again: *d }`)
    const start = performance.now()
    const document = parse(`d: &d { user: ops }\n${lines.join('\n')}\n`)
    const parsed = performance.now()
    const places = lines.map((_, index) => document.locate([`web${index}`, 'port']).line)
    expect(performance.now() - parsed).toBeLessThan(parsed - start)
    expect(places.at(-1)).toBe(5001)
  })

  test('__proto__ is a key like any other', () => {
    expect(Object.keys(parse('__proto__: { admin: true }').value as object)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })
})

describe('errors', () => {
  test.each([
    [
      'a: 1\nb: [1, 2\nc: 3\n',
      'hosts.yaml:3:1: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a: 1\na: 2\n', "hosts.yaml:2:1: the key 'a' is there twice"],
    ['a: 1\n---\nb: 2\n', 'hosts.yaml:2:1: a second document, where only one is read'],
    ['a: !vault x\n', 'hosts.yaml:1:4: unresolved tag: !vault'],
    ['a: *gone\n', 'hosts.yaml:1:4: no anchor &gone before *gone'],
    ['a: &a { b: *a }\n', 'hosts.yaml:1:12: *a stands inside of what it repeats'],
    ['a: "x\n', 'hosts.yaml:2:1: missing closing "quote'],
    ['a: 1\n\tb: 2\n', 'hosts.yaml:2:1: tabs are not allowed as indentation'],
  ])('%p', (text, message) => {
    const error = fault(text)
    expect(error.message).toBe(message)
    expect(error.code).toBe('E_CONFIG')
    expect(error.data).toMatchObject({ file: path, line: Number(message.split(':')[1]), column: Number(message.split(':')[2]) })
  })

  test('aliases that multiply without bounds are refused', () => {
    const levels = 'abcdefghij'.split('')
    const lines = levels.map((name, index) => {
      const previous = levels[index - 1]
      return `${name}: &${name} [${previous === undefined ? '1, 1' : Array(10).fill(`*${previous}`).join(', ')}]`
    })
    expect(fault(lines.join('\n')).message).toContain('excessive alias count')
  })

  test('a merge of something else than a map is refused', () => {
    expect(fault('a: &a 1\nb:\n  <<: *a\n').message).toContain('merge sources must be maps')
  })

  test('another code can be asked for', () => {
    expect(() => parseYamlDocument('[', path, 'E_INVENTORY')).toThrow(expect.objectContaining({ code: 'E_INVENTORY' }))
  })
})

describe('the dialect of Ansible', () => {
  const scalars = `[yes, no, y, n, On, OFF, true, 0644, 08, 0o17, 0x1f, 0b101, 1_000, 22:30, -1:30, 1.5, 1e3, 1.0e+3, .5, "0644", 'yes', ~, null, '', Null, 1.2.3, 10.0.0.1, -5, +5, 12345678, ., 0, 00, 1., v1]`
  const read = (text: string) => parseYamlDocument(text, path, 'E_INVENTORY', 'ansible').value
  const python = '/usr/bin/python3'
  const hasPyYaml = needs('ansible-inventory')

  test.skipIf(!hasPyYaml)('reads plain values as PyYAML does', () => {
    const script = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'
    const run = spawnSync(python, ['-c', script], { input: scalars, encoding: 'utf8' })
    expect(read(scalars)).toEqual(JSON.parse(run.stdout))
  })

  test('encrypted values are kept apart, unsafe ones are text, dates stay text, large integers too', () => {
    expect(
      read('a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\nb: !unsafe "{{ x }}"\nc: 2024-01-31\nd: 123456789012345678901'),
    ).toEqual({
      a: { __ansible_vault: '$ANSIBLE_VAULT;1.1;AES256\n6162\n' },
      b: '{{ x }}',
      c: '2024-01-31',
      d: '123456789012345678901',
    })
  })

  test('the last of repeated keys wins', () => {
    expect(read('a: 1\na: 2')).toEqual({ a: 2 })
  })
})
