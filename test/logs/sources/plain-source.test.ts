import { expect, test } from 'bun:test'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { ChunkSource, chunksOf } from '../../../src/lib/logs/sources/byte-source.ts'
import { plainSource } from '../../../src/lib/logs/sources/plain-source.ts'

const text = Buffer.from('one\ntwo\n'.repeat(50_000))
const mark = Buffer.from([0xef, 0xbb, 0xbf])

async function read(bytes: Uint8Array): Promise<Buffer> {
  const source = new ChunkSource(
    (async function* () {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    })(),
  )
  const { plain } = await plainSource(source)
  await using _ = plain
  return Buffer.concat(await Array.fromAsync(chunksOf(plain)))
}

test.each([
  ['as it is', text, text],
  ['without the mark of UTF-8', Buffer.concat([mark, text]), text],
  ['out of gzip', gzipSync(text), text],
  [
    'out of gzip of two members',
    Buffer.concat([gzipSync(text), gzipSync('three\n')]),
    Buffer.concat([text, Buffer.from('three\n')]),
  ],
  ['out of zstd', zstdCompressSync(text), text],
  [
    'out of zstd of two frames',
    Buffer.concat([zstdCompressSync(text), zstdCompressSync('three\n')]),
    Buffer.concat([text, Buffer.from('three\n')]),
  ],
  ['out of gzip without the mark within', gzipSync(Buffer.concat([mark, text])), text],
  ['when it is shorter than any mark', Buffer.from('a'), Buffer.from('a')],
  ['when it is empty', Buffer.alloc(0), Buffer.alloc(0)],
])('a source is read %s', async (_, given, expected) => {
  expect((await read(given)).equals(expected)).toBe(true)
})

test.each([
  ['gzip', gzipSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['zstd with a checksum', zstdCompressSync(Buffer.from(text), { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
])('%s that is cut short anywhere is an error', async (_, whole) => {
  expect((await read(whole)).equals(text)).toBe(true)
  for (const cut of [1, 3, 4, 5, 20, whole.length - 5]) expect(read(whole.subarray(0, -cut))).rejects.toThrow()
})

test.each(['utf-16le', 'utf-16be'])('%s is read by its mark, over pieces that cut a character', async encoding => {
  const wide = 'é€🎉 one\n'.repeat(20_001)
  const little = Buffer.from(`\ufeff${wide}`, 'utf16le')
  expect((await read(encoding === 'utf-16le' ? little : little.swap16())).toString()).toBe(wide)
})

test.each([
  ['xz', Buffer.from('\xfd7zXZ\0\0\x04', 'latin1'), '`xz -dc FILE | opsctl ship-logs`'],
  ['bzip2', Buffer.from('BZh91AY&SY\x01', 'latin1'), '`bzip2 -dc FILE'],
  ['a zip archive', Buffer.from('PK\x03\x04', 'latin1'), 'unzip -p'],
  ['a journal of systemd', Buffer.from('LPKSHHRH\0'), 'journalctl -o json --file'],
])('%s is refused with what reads it', async (_, bytes, how) => {
  expect(read(bytes)).rejects.toThrow(how)
})

test('a text that begins as a compressed file does is read', async () => {
  expect((await read(Buffer.from('BZh3 was here\n'))).toString()).toBe('BZh3 was here\n')
})
