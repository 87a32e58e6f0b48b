import { expect, test } from 'bun:test'
import { nearest } from '../../src/lib/core/nearest.ts'

const flags = ['targets', 'timeout', 'idle-timeout', 'retries', 'sudo', 'sudo-user']

test.each([
  ['targts', 'targets'],
  ['tragets', 'targets'],
  ['Timeout', 'timeout'],
  ['idle', 'idle-timeout'],
  ['retires', 'retries'],
  ['sdo', 'sudo'],
])('%s is close to %s', (typed, expected) => expect(nearest(typed, flags)).toBe(expected))

test.each(['xyz', 'banana', 'q'])('%s is close to nothing', typed => expect(nearest(typed, flags)).toBeUndefined())
