/** Bytes from which on loading node:zlib is worth its 3 ms and 8 MiB: whoever writes such records writes many. */
const large = 1024

/** CRC-32 of IEEE 802.3, as zlib has it: of these bytes, or going on from the one of what came before them. */
export function crc32(data: Uint8Array, before = 0): number {
  if (data.length >= large) return process.getBuiltinModule('node:zlib').crc32(data, before)
  let crc = ~before
  // An iterator would cost several times as much.
  for (let index = 0; index < data.length; index++) crc = (table[(crc ^ (data[index] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Of every byte alone, with the reversed polynomial 0xedb88320. */
const table = checksumsOfBytes()

/** From those of the single bits, since the checksum of a sum is the sum of the checksums: bit by bit it would take 2048 steps at every start. */
function checksumsOfBytes(): Int32Array {
  const sums = new Int32Array(256)
  let ofBit = 1
  for (let bit = 128; bit > 0; bit >>= 1) {
    ofBit = (ofBit >>> 1) ^ (ofBit & 1 ? 0xedb88320 : 0)
    for (let byte = 0; byte < 256; byte += 2 * bit) sums[bit + byte] = ofBit ^ (sums[byte] ?? 0)
  }
  return sums
}
