/** Sequence numbers stay below 2^53: at a million records a second that is 285 years. */
export function writeU64(buffer: Buffer, at: number, value: number): void {
  buffer.writeUInt32LE(value % 2 ** 32, at)
  buffer.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4)
}

export function readU64(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32
}
