import { expect, test } from 'bun:test'
import { formatDestination, parseDestination } from '../../../src/lib/transport/ssh-config/destination.ts'

const good: Readonly<Record<string, ReturnType<typeof parseDestination>>> = {
  gate: { host: 'gate' },
  'gate:2222': { host: 'gate', port: 2222 },
  'gate:': { host: 'gate' },
  'ops@gate': { host: 'gate', user: 'ops' },
  'ops@corp@gate:22': { host: 'gate', user: 'ops@corp', port: 22 },
  '[fd00::1]': { host: 'fd00::1' },
  'ops@[fd00::1]:2222': { host: 'fd00::1', user: 'ops', port: 2222 },
  'ssh://ops@gate:2222': { host: 'gate', user: 'ops', port: 2222 },
  'ssh://gate/': { host: 'gate' },
  'ssh://o%70s@gate': { host: 'gate', user: 'ops' },
  'ssh://ops;fingerprint=x@gate': { host: 'gate', user: 'ops' },
}
for (const [word, destination] of Object.entries(good)) {
  test(`${word} is a destination`, () => expect(parseDestination(word)).toEqual(destination))
}

for (const word of [
  '',
  ':22',
  '@gate',
  'gate:0',
  'gate:65536',
  'gate:x',
  'fd00::1',
  '[fd00::1',
  '[fd00::1]x',
  'gate/x',
  'ssh://gate/path',
  'ssh://a..b',
  'ssh://u%zz@gate',
]) {
  test(`'${word}' is no destination`, () => expect(parseDestination(word)).toBeUndefined())
}

test('a destination is written so that it reads back', () => {
  for (const word of ['gate', 'ops@gate:2222', '[fd00::1]:22', '[10.0.0.1]']) {
    const destination = parseDestination(word)
    expect(destination && formatDestination(destination)).toBe(word)
  }
})
