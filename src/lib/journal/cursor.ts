import { join } from 'node:path'
import { OpsError } from '../core/errors.ts'
import { crc32 } from './crc32.ts'
import type { JournalDisk, JournalFile } from './disk.ts'
import { listNames } from './segment-list.ts'
import { stateError } from './state-error.ts'
import { readU64, writeU64 } from './u64.ts'

/**
 * A cursor file has two slots in two disk sectors, written in turn: u32 CRC-32 of the rest, u64 generation, u64 position. The valid
 * slot of the higher generation counts, so a torn write leaves the position before. Written in place and not by a rename, because
 * that needs no space: a consumer can let a full disk be freed.
 */
const slotBytes = 20
const slotDistance = 512

interface Slot {
  readonly generation: number
  readonly position: number
}

/** How far one consumer of a journal is. */
export class Cursor {
  readonly #file: JournalFile
  readonly path: string
  readonly #syncs: boolean
  #slot: Slot
  #wanted: number
  #queued: Promise<void> | undefined
  #writing: Promise<void> = Promise.resolve()

  private constructor(open: { readonly file: JournalFile; readonly path: string; readonly syncs: boolean; readonly slot: Slot }) {
    this.#file = open.file
    this.path = open.path
    this.#syncs = open.syncs
    this.#slot = open.slot
    this.#wanted = open.slot.position
  }

  static async open(disk: JournalDisk, { path, syncs }: { readonly path: string; readonly syncs: boolean }): Promise<Cursor> {
    const file = await disk.open(path, 'update')
    try {
      // A former writer may have been killed between the write and the sync of a move.
      await file.sync()
      return new Cursor({ file, path, syncs, slot: await readSlot(file, path) })
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** The next record that the consumer wants. */
  get position(): number {
    return this.#slot.position
  }

  /** Durable once it settles. Moves that come while one is under way are written as one. @throws OpsError E_STATE */
  move(position: number): Promise<void> {
    this.#wanted = position
    this.#queued ??= this.#writing.then(() => {
      this.#queued = undefined
      const writing = this.#write(this.#wanted)
      this.#writing = writing.catch(() => {})
      return writing
    })
    return this.#queued
  }

  /** Makes the position durable where moves are not. @throws OpsError E_STATE */
  async sync(): Promise<void> {
    try {
      await this.#file.sync()
    } catch (error) {
      throw stateError({ doing: 'sync', path: this.path, error })
    }
  }

  async close(): Promise<void> {
    await this.#queued?.catch(() => {})
    await this.#writing
    await this.#file.close()
  }

  async #write(position: number): Promise<void> {
    const slot = { generation: this.#slot.generation + 1, position }
    try {
      await this.#file.write(encodeSlot(slot), (slot.generation % 2) * slotDistance)
      if (this.#syncs) await this.#file.sync()
    } catch (error) {
      throw stateError({ doing: 'write', path: this.path, error })
    }
    this.#slot = slot
  }
}

/** Makes the file of a new cursor under another name and renames it, so that one is never seen without a position. */
export async function createCursorFile(
  disk: JournalDisk,
  { directory, name, position }: { readonly directory: string; readonly name: string; readonly position: number },
): Promise<string> {
  const path = join(directory, `${checkedName(name)}${extension}`)
  const temporary = `${path}.new`
  const file = await disk.open(temporary, 'create')
  try {
    const content = Buffer.alloc(2 * slotDistance)
    content.set(encodeSlot({ generation: 0, position }))
    await file.write(content, 0)
    await file.sync()
    await disk.rename(temporary, path)
    await disk.syncDirectory(directory)
  } catch (error) {
    await disk.remove(temporary).catch(() => {})
    throw error
  } finally {
    await file.close()
  }
  return path
}

/** The cursors of a journal by name, as they stand on disk. @throws OpsError E_STATE for one that is damaged */
export async function readCursors(disk: JournalDisk, directory: string): Promise<Map<string, number>> {
  const positions = new Map<string, number>()
  for (const { name, path } of cursorFiles(directory, await listNames(disk, directory))) {
    const file = await disk.open(path, 'read')
    try {
      positions.set(name, (await readSlot(file, path)).position)
    } finally {
      await file.close()
    }
  }
  return positions
}

/** The cursor files among the names in a directory. */
export function cursorFiles(directory: string, names: readonly string[]): { name: string; path: string }[] {
  const found = names.filter(name => name.endsWith(extension)).sort()
  return found.map(name => ({ name: name.slice(0, -extension.length), path: join(directory, name) }))
}

const extension = '.cursor'

function checkedName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name
  throw new OpsError('E_BUG', `'${name}' is not a cursor name`, { hint: 'letters, digits, dots, dashes and underscores' })
}

function encodeSlot({ generation, position }: Slot): Buffer {
  const slot = Buffer.alloc(slotBytes)
  writeU64(slot, 4, generation)
  writeU64(slot, 12, position)
  slot.writeUInt32LE(crc32(slot.subarray(4)), 0)
  return slot
}

async function readSlot(file: JournalFile, path: string): Promise<Slot> {
  const content = Buffer.alloc(2 * slotDistance)
  await file.read(content, 0)
  const slots = [0, slotDistance].flatMap(at => decodeSlot(content.subarray(at, at + slotBytes)) ?? [])
  const [newest] = slots.sort((a, b) => b.generation - a.generation)
  if (newest) return newest
  throw new OpsError('E_STATE', `${path} is damaged: neither of its two positions is valid`, {
    hint: 'remove it to let its consumer begin again at the oldest record',
    data: { path },
  })
}

function decodeSlot(slot: Buffer): Slot | undefined {
  // A position is never 0, so zeros are not a slot.
  if (crc32(slot.subarray(4)) !== slot.readUInt32LE(0) || readU64(slot, 12) === 0) return undefined
  return { generation: readU64(slot, 4), position: readU64(slot, 12) }
}
