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
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  return crc
})
