import { randomBytes } from 'node:crypto'

/**
 * Diffie-Hellman over a prime field, with the methods of node:crypto's object that ssh2 calls. Bun's own tests the prime anew each time: 1 to
 * 20 s in which nothing else runs, for primes that RFC 3526 vouches for or that the host answers for itself.
 */
export class DiffieHellman {
  readonly #prime: bigint
  readonly #generator: bigint
  #secret = 0n

  private constructor(prime: bigint, generator: bigint) {
    this.#prime = prime
    this.#generator = generator
  }

  /** A group of RFC 2409 or RFC 3526, by ssh2's name for it. @throws Error for a name that is none */
  static known(name: string): DiffieHellman {
    return new DiffieHellman(knownPrime(name), 2n)
  }

  /** A group that the host chose. @throws Error for a prime outside of 2048 to 8192 bits (RFC 8270), which ssh2 asks for and does not check */
  static chosen(group: { readonly prime: Uint8Array; readonly generator: Uint8Array }): DiffieHellman {
    const [prime, generator] = [toBigint(group.prime), toBigint(group.generator)]
    const bits = prime.toString(2).length
    if (bits < 2048 || bits > 8192) throw new Error(`the host chose a prime of ${bits} bits for the key exchange`)
    if (generator < 2n || generator > prime - 2n) throw new Error('the host chose no valid generator for the key exchange')
    return new DiffieHellman(prime, generator)
  }

  getPrime(): Buffer {
    return toBuffer(this.#prime)
  }

  getGenerator(): Buffer {
    return toBuffer(this.#generator)
  }

  generateKeys(): Buffer {
    // 512 bits: twice the strength that any of the ciphers asks for (RFC 4419, section 6.2).
    this.#secret = toBigint(randomBytes(64)) | (1n << 511n)
    return toBuffer(power(this.#generator, this.#secret, this.#prime))
  }

  /** @throws Error for a public key that would give the secret away (RFC 8268, section 4) */
  computeSecret(publicKey: Buffer): Buffer {
    const theirs = toBigint(publicKey)
    if (theirs <= 1n || theirs >= this.#prime - 1n) throw new Error("the host's public key is not valid")
    return toBuffer(power(theirs, this.#secret, this.#prime))
  }
}

/** k of the primes 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + k) in RFC 2409 and RFC 3526, by ssh2's name for the group. */
const groups: Readonly<Record<string, readonly [bits: number, k: bigint]>> = {
  modp2: [1024, 129_093n],
  modp14: [2048, 124_476n],
  modp15: [3072, 1_690_314n],
  modp16: [4096, 240_904n],
  modp17: [6144, 929_484n],
  modp18: [8192, 4_743_158n],
}

function knownPrime(name: string): bigint {
  const [bits, k] = groups[name] ?? []
  if (bits === undefined || k === undefined) throw new Error(`no group '${name}'`)
  const n = BigInt(bits)
  return (1n << n) - (1n << (n - 64n)) - 1n + ((pi(n - 130n) + k) << 64n)
}

const toBigint = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)

function toBuffer(value: bigint): Buffer {
  const digits = value.toString(16)
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

/** floor(2^bits * pi), by Machin's formula: pi = 16 atan(1/5) - 4 atan(1/239). */
function pi(bits: bigint): bigint {
  const guard = 32n
  const one = 1n << (bits + guard)
  return (16n * inverseTangent(5n, one) - 4n * inverseTangent(239n, one)) >> guard
}

function inverseTangent(inverse: bigint, one: bigint): bigint {
  const square = inverse * inverse
  let sum = 0n
  let term = one / inverse
  for (let divisor = 1n, sign = 1n; term > 0n; divisor += 2n, sign = -sign) {
    sum += sign * (term / divisor)
    term /= square
  }
  return sum
}

/** base^exponent mod modulus, four bits of the exponent at a time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const powers = [1n]
  for (let index = 1; index < 16; index++) powers.push(((powers[index - 1] ?? 1n) * base) % modulus)
  let result = 1n
  for (const digit of exponent.toString(16)) {
    for (let square = 0; square < 4; square++) result = (result * result) % modulus
    const value = Number.parseInt(digit, 16)
    if (value > 0) result = (result * (powers[value] ?? 1n)) % modulus
  }
  return result
}
