import { beforeAll, describe, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { NetError } from '../../../src/lib/net/net-error.ts'
import { certificateFields } from '../../../src/lib/net/tls/certificate-fields.ts'
import { DerError, DerReader } from '../../../src/lib/net/tls/der.ts'
import { type RevocationList, revocationLists } from '../../../src/lib/net/tls/revocation-list.ts'
import { TestAuthority } from '../../helpers/certificates.ts'
import { needs } from '../../helpers/needs.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

describe.skipIf(!needs('openssl'))('a revocation list', () => {
  let list: string
  let der: Uint8Array
  let authority: X509Certificate
  let serials: string[]
  beforeAll(async () => {
    await using directory = await tempDir()
    const root = await TestAuthority.root(directory.path, { name: 'List Root', key: 'rsa:2048' })
    serials = []
    for (const name of ['one', 'two', 'three']) {
      const issued = await root.issue({ name, key: 'ec:P-256' })
      serials.push(new X509Certificate(await readFile(issued.cert)).serialNumber.toLowerCase())
      if (name !== 'three') await root.revoke(issued)
    }
    list = await root.crl()
    der = Buffer.from(list.replaceAll(/-----.*-----|\s/g, ''), 'base64')
    authority = new X509Certificate(await readFile(root.cert))
  }, 60_000)

  const only = (text: string | Uint8Array): RevocationList => {
    const [first, ...rest] = revocationLists([text])
    if (!first || rest.length > 0) throw new Error('not one list')
    return first
  }

  test('names who is revoked, of an authority, for a time', () => {
    const read = only(list)
    const [one = '', two = '', three = ''] = serials
    expect([one, two, three].map(serial => read.revokedAt(serial) !== undefined)).toEqual([true, true, false])
    expect(read.isOf(authority) && read.isSignedBy(authority)).toBe(true)
    expect((read.nextUpdate ?? 0) - read.thisUpdate).toBe(86_400_000)
    expect(read.complete).toBe(true)
  })

  test('several in one text are all read', () => {
    expect(revocationLists([`${list}\n${list}`, der])).toHaveLength(3)
  })

  test('a changed byte is an error or a wrong signature, never another list', () => {
    const byte = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(byte, ([at, change]) => {
        const changed = Uint8Array.from(der)
        changed[at] = (changed[at] ?? 0) ^ change
        try {
          const read = only(changed)
          read.revokedAt(serials[2] ?? '')
          expect(read.isSignedBy(authority)).toBe(false)
        } catch (error) {
          expect(error instanceof NetError || error instanceof DerError).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('any bytes are read to an end or refused, as a list and as a certificate', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        for (const read of [
          () => revocationLists([bytes]),
          () => certificateFields({ raw: bytes } as X509Certificate),
          () => readAll(bytes),
        ]) {
          try {
            read()
          } catch (error) {
            expect(error instanceof NetError || error instanceof DerError).toBe(true)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a cut list is refused, wherever it is cut', () => {
    for (let length = 0; length < der.length; length += 7) expect(() => only(der.subarray(0, length))).toThrow()
  })

  test('the fields of a certificate are those that the runtime shows', () => {
    expect(certificateFields(authority).serial).toBe(authority.serialNumber.toLowerCase())
  })
})

function readAll(bytes: Uint8Array): void {
  const reader = new DerReader(bytes)
  while (!reader.done) readAll(reader.next().content)
}
