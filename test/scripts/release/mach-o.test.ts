import { expect, test } from 'bun:test'
import { checkSignature, signMachO } from '../../../scripts/release/mach-o.ts'

/** The smallest thing with the segments and the signature place of a 64-bit Mach-O: 5000 bytes, then an old signature of 16. */
function program(): Buffer {
  const bytes = Buffer.alloc(5016, 7)
  bytes.fill(0, 0, 400)
  bytes.writeUInt32LE(0xfeedfacf, 0)
  bytes.writeUInt32LE(3, 16)
  segment(bytes, { at: 32, name: '__TEXT', offset: 0, size: 4000 })
  segment(bytes, { at: 104, name: '__LINKEDIT', offset: 4000, size: 1016 })
  for (const [index, word] of [0x1d, 16, 5000, 16].entries()) bytes.writeUInt32LE(word, 176 + index * 4)
  return bytes
}

function segment(bytes: Buffer, { at, name, offset, size }: { at: number; name: string; offset: number; size: number }): void {
  bytes.writeUInt32LE(0x19, at)
  bytes.writeUInt32LE(72, at + 4)
  bytes.write(name, at + 8)
  bytes.writeBigUInt64LE(BigInt(offset), at + 40)
  bytes.writeBigUInt64LE(BigInt(size), at + 48)
}

test('signs every page of a program for macOS, and finds a changed one', () => {
  const signed = signMachO(program(), 'opsctl')
  expect(checkSignature(signed)).toEqual({ identifier: 'opsctl', pages: 2, wrongPages: 0, isAdHoc: true })
  expect(signed.readUInt32LE(176 + 12)).toBe(signed.length - 5000)
  expect(Number(signed.readBigUInt64LE(104 + 48))).toBe(signed.length - 4000)
  signed.writeUInt8(1, 4500)
  expect(checkSignature(signed).wrongPages).toBe(1)
})

test('signing twice gives the same bytes', () => {
  const signed = signMachO(program(), 'opsctl')
  expect(signMachO(signed, 'opsctl').equals(signed)).toBe(true)
})

test('says what it cannot sign', () => {
  expect(() => signMachO(Buffer.from(`\x7fELF${' '.repeat(60)}`), 'opsctl')).toThrow('not a 64-bit Mach-O')
  expect(() => signMachO(Buffer.concat([program(), Buffer.alloc(1)]), 'opsctl')).toThrow('the signature does not end the program')
})
