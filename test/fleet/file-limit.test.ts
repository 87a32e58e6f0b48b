import { expect, test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { checkFileLimit } from '../../src/lib/fleet/file-limit.ts'

const hosts = Array.from({ length: 1000 }, (_, index) => hostNamed(`web${index}`))

test('a run that would need more open files than the process may have is refused up front, with what to do', () => {
  expect(() => checkFileLimit({ hosts, concurrency: 1000 }, 1024)).toThrow(
    expect.objectContaining({ code: 'E_LIMITS', hint: 'raise it with ulimit -n 1128, or use --concurrency 896' }),
  )
})

test.each([
  ['the concurrency fits', { hosts, concurrency: 896 }, 1024],
  ['there are fewer hosts than the concurrency', { hosts: hosts.slice(0, 10), concurrency: 1000 }, 256],
  ['the system tells no limit', { hosts, concurrency: 1000 }, undefined],
])('a run is let go on where %s', (_, demand, limit) => {
  expect(() => checkFileLimit(demand, limit)).not.toThrow()
})

test('commands on this machine count three times, for their pipes', () => {
  const local = [hostNamed('localhost', { via: 'local' })]
  expect(() => checkFileLimit({ hosts: local, concurrency: 64 }, 130)).toThrow('131 open files')
})
