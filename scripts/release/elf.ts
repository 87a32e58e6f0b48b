/** Of elf.h. */
const loadType = 1
const noteType = 4
const writable = 2
const noBits = 8
const threadLocal = 0x400

interface Segment {
  /** Where its header stands. */
  readonly header: number
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly size: number
  readonly align: number
}

interface Section {
  readonly header: number
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly address: number
  readonly offset: number
  readonly size: number
}

/**
 * The same program without the zeros that stand for the runtime's empty memory. Bun's compiler puts the program behind that memory into the
 * same segment, so that the memory has to be in the file: 1.8 MB. Here what Bun put there becomes a segment of its own, at the same
 * address. Its header takes the place of the one that points to the build id, which nothing asks for when a program runs.
 * @throws Error where the program is not laid out like that
 */
export function withoutZeros(program: Buffer): Buffer {
  const segments = segmentsOf(program)
  const sections = sectionsOf(program)
  const data = segments.findLast(({ type, flags }) => type === loadType && (flags & writable) !== 0)
  const note = segments.find(({ type }) => type === noteType)
  const bun = sections.find(({ name }) => name === '.bun')
  const empty = sections.filter(({ type, flags }) => type === noBits && (flags & threadLocal) === 0)
  const [first] = empty
  if (!data || !note || !bun || !first) throw new Error('the program is not laid out as Bun does it')
  const end = Math.max(...empty.map(({ address, size }) => address + size))
  const dataEnd = data.offset + first.address - data.address
  const place = roundUp(dataEnd, data.align)
  const cut = bun.offset - place
  if (bun.address % data.align !== 0 || bun.address < end || cut < 0 || cut % data.align !== 0)
    throw new Error('the program does not stand behind the empty memory of its runtime')
  if (!program.subarray(dataEnd, bun.offset).every(byte => byte === 0))
    throw new Error('the empty memory of the runtime is not empty')
  const result = Buffer.concat([program.subarray(0, dataEnd), Buffer.alloc(place - dataEnd), program.subarray(bun.offset)])
  const length = data.offset + data.size - bun.offset
  writeSegment(result, { ...data, size: dataEnd - data.offset }, end - data.address)
  writeSegment(result, { ...data, header: note.header, offset: place, address: bun.address, size: length }, length)
  moveSections(result, sections, { from: bun.offset, by: cut })
  return result
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to

const numberAt = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at))

function segmentsOf(program: Buffer): Segment[] {
  const [table, size, count] = [numberAt(program, 32), program.readUInt16LE(54), program.readUInt16LE(56)]
  return Array.from({ length: count }, (_, index) => table + index * size).map(header => ({
    header,
    type: program.readUInt32LE(header),
    flags: program.readUInt32LE(header + 4),
    offset: numberAt(program, header + 8),
    address: numberAt(program, header + 16),
    size: numberAt(program, header + 32),
    align: numberAt(program, header + 48),
  }))
}

function writeSegment(program: Buffer, segment: Segment, memorySize: number): void {
  const { header, type, flags, offset, address, size, align } = segment
  program.writeUInt32LE(type, header)
  program.writeUInt32LE(flags, header + 4)
  for (const [index, value] of [offset, address, address, size, memorySize, align].entries())
    program.writeBigUInt64LE(BigInt(value), header + 8 + index * 8)
}

function sectionsOf(program: Buffer): Section[] {
  const [table, size, count] = [numberAt(program, 40), program.readUInt16LE(58), program.readUInt16LE(60)]
  const names = numberAt(program, table + program.readUInt16LE(62) * size + 24)
  return Array.from({ length: count }, (_, index) => table + index * size).map(header => {
    const name = names + program.readUInt32LE(header)
    return {
      header,
      name: program.toString('latin1', name, program.indexOf(0, name)),
      type: program.readUInt32LE(header + 4),
      flags: numberAt(program, header + 8),
      address: numberAt(program, header + 16),
      offset: numberAt(program, header + 24),
      size: numberAt(program, header + 32),
    }
  })
}

/** The table itself stands at the end of the file. */
function moveSections(program: Buffer, sections: readonly Section[], { from, by }: { from: number; by: number }): void {
  for (const { header, offset } of sections) if (offset >= from) program.writeBigUInt64LE(BigInt(offset - by), header - by + 24)
  program.writeBigUInt64LE(BigInt(numberAt(program, 40) - by), 40)
}
