import { describe, expect, test } from 'bun:test'
import { nameOf, needsDirectory, parseRoute } from '../../src/lib/copy/route.ts'
import { OpsError } from '../../src/lib/core/errors.ts'

describe('the direction of a copy', () => {
  test.each([
    ['nginx.conf :/etc/nginx/', { direction: 'to-hosts', sources: ['nginx.conf'], destination: '/etc/nginx/' }],
    ['nginx.conf conf.d/ :/etc/nginx', { direction: 'to-hosts', sources: ['nginx.conf', 'conf.d/'], destination: '/etc/nginx' }],
    ['motd :', { direction: 'to-hosts', sources: ['motd'], destination: '.' }],
    ['a:b :c:d', { direction: 'to-hosts', sources: ['a:b'], destination: 'c:d' }],
    [':/var/log/syslog logs/', { direction: 'from-hosts', sources: ['/var/log/syslog'], destination: 'logs/' }],
    [':a :b .', { direction: 'from-hosts', sources: ['a', 'b'], destination: '.' }],
  ])('%s', (line, route) => {
    expect(parseRoute(line.split(' '))).toEqual(route as ReturnType<typeof parseRoute>)
  })

  test.each([
    [[], 'what to copy'],
    [['motd'], 'what to copy'],
    [['', ':/etc'], 'a path is empty'],
    [['a', 'b'], 'neither a nor b is on the hosts'],
    [['a', 'web1:/etc/motd'], 'neither a nor web1:/etc/motd'],
    [[':a', ':b'], 'both :a and :b are on the hosts'],
    [['a', ':b', ':c'], 'both :b and :c are on the hosts'],
    [['a', ':b', 'c'], 'a is here and :b is on the hosts'],
  ])('%j is refused: %s', (paths, text) => {
    expect(() => parseRoute(paths)).toThrow(OpsError)
    expect(() => parseRoute(paths)).toThrow(text)
  })

  test("knows scp's way to name a host", () => {
    const hint = (): string | undefined => {
      try {
        parseRoute(['motd', 'root@web1:/etc/motd'])
      } catch (error) {
        return error instanceof OpsError ? error.hint : undefined
      }
      return undefined
    }
    expect(hint()).toBe('hosts are named by -t: write -t root@web1 … :/etc/motd')
  })
})

test.each([
  ['/etc/nginx/nginx.conf', 'nginx.conf'],
  ['conf.d/', 'conf.d'],
  ['-rf', '-rf'],
  ['site/.', ''],
  ['.', ''],
  ['..', ''],
  ['/', ''],
  ['~', ''],
])('%s is called %j at its destination', (path, name) => {
  expect(nameOf(path)).toBe(name)
})

test.each([
  ['a :x', false],
  ['a :x/', true],
  ['a :', true],
  ['a :..', true],
  ['a :x/.', true],
  ['a b :x', true],
  ['a/. :x', true],
  ['a :.bashrc', false],
])('%s: the destination can only be a directory: %p', (line, wanted) => {
  expect(needsDirectory(parseRoute(line.split(' ')))).toBe(wanted)
})
