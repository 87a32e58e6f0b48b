import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { DiffieHellman } from '../../src/lib/transport/diffie-hellman.ts'

/** SHA-256 of the primes, as OpenSSL has them. */
const primes = {
  modp2: '3f35a3f5f6c4376a',
  modp14: 'd66436f79bbd6b2e',
  modp15: '48cf8b092fbce435',
  modp16: '4ee95187682bcb23',
  modp17: 'd1bfe6d0925ce7e4',
  modp18: '39ab4feab950a312',
}

test.each(Object.entries(primes))(
  'the group %s has the prime of its RFC, and both sides find the same secret',
  (name, digest) => {
    const [ours, theirs] = [DiffieHellman.known(name), DiffieHellman.known(name)]
    expect(createHash('sha256').update(ours.getPrime()).digest('hex')).toStartWith(digest)
    expect(ours.getGenerator()).toEqual(Buffer.from([2]))
    const [ourKey, theirKey] = [ours.generateKeys(), theirs.generateKeys()]
    expect(ourKey.equals(theirKey)).toBe(false)
    expect(ours.computeSecret(theirKey).equals(theirs.computeSecret(ourKey))).toBe(true)
  },
)

test('a public key that gives the secret away is refused', () => {
  const group = DiffieHellman.known('modp14')
  group.generateKeys()
  const prime = BigInt(`0x${group.getPrime().toString('hex')}`)
  for (const key of [0n, 1n, prime - 1n, prime, prime + 1n]) {
    expect(() => group.computeSecret(Buffer.from(key.toString(16).padStart(512, '0'), 'hex'))).toThrow('not valid')
  }
})

test('a host may not choose a prime that is too small to be safe or too large to be quick', () => {
  const chosen = (bits: bigint, generator = 2): unknown => {
    const prime = Buffer.from(((1n << bits) - 1n).toString(16), 'hex')
    return DiffieHellman.chosen({ prime, generator: Uint8Array.of(generator) })
  }
  expect(() => chosen(1024n)).toThrow('a prime of 1024 bits')
  expect(() => chosen(16_384n)).toThrow('a prime of 16384 bits')
  expect(() => chosen(2048n, 1)).toThrow('generator')
})
