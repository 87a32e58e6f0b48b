import { basename, dirname } from 'node:path'
import type { JournalDisk, JournalFile } from '../../src/lib/journal/disk.ts'

const sectorBytes = 512

/**
 * A disk in memory that forgets like a real one. After a power cut a file holds what was synced and any part, sector by sector and in
 * any order, of what was written since; a directory holds what was synced and any first part of what was done to it since.
 */
export class CrashDisk implements JournalDisk {
  #names = new Map<string, MemoryFile>()
  #durableNames = new Map<string, MemoryFile>()
  #pendingNames: ((names: Map<string, MemoryFile>) => void)[] = []
  #operationsLeft = Number.POSITIVE_INFINITY

  /** The power fails in the middle of the operation that comes after so many. */
  cutPowerAfter(operations: number): void {
    this.#operationsLeft = operations
  }

  get isOff(): boolean {
    return this.#operationsLeft < 0
  }

  /** The disk as it is when the power is back. */
  reboot(random: () => number): void {
    const survivors = this.#pendingNames.slice(0, Math.floor(random() * (this.#pendingNames.length + 1)))
    for (const change of survivors) change(this.#durableNames)
    for (const file of new Set(this.#durableNames.values())) file.forget(random)
    this.#names = new Map(this.#durableNames)
    this.#pendingNames = []
    this.#operationsLeft = Number.POSITIVE_INFINITY
  }

  async makeDirectory(): Promise<void> {}

  async list(path: string): Promise<string[]> {
    return [...this.#names.keys()].filter(name => dirname(name) === path).map(name => basename(name))
  }

  async stat(path: string): Promise<{ bytes: number; modifiedMs: number }> {
    return { bytes: this.#file(path).content.length, modifiedMs: 0 }
  }

  async open(path: string, how: 'create' | 'update' | 'read'): Promise<JournalFile> {
    if (how === 'create') {
      const made = new MemoryFile()
      await this.#change(names => names.set(path, made))
    }
    const file = this.#file(path)
    return {
      read: async (buffer, position) => file.content.copy(buffer, 0, position, position + buffer.length),
      write: (bytes, position) => this.#operate(() => file.change({ at: position, bytes: Buffer.from(bytes) }), true),
      truncate: bytes => this.#operate(() => file.change({ at: bytes, bytes: undefined }), true),
      sync: () => this.#operate(() => file.sync()),
      close: async () => {},
    }
  }

  rename(from: string, to: string): Promise<void> {
    const file = this.#file(from)
    return this.#change(names => {
      names.delete(from)
      names.set(to, file)
    })
  }

  remove(path: string): Promise<void> {
    return this.#change(names => names.delete(path))
  }

  syncDirectory(): Promise<void> {
    return this.#operate(() => {
      for (const change of this.#pendingNames) change(this.#durableNames)
      this.#pendingNames = []
    })
  }

  #file(path: string): MemoryFile {
    const file = this.#names.get(path)
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return file
  }

  #change(change: (names: Map<string, MemoryFile>) => void): Promise<void> {
    return this.#operate(() => {
      change(this.#names)
      this.#pendingNames.push(change)
    }, true)
  }

  /** The operation that meets the cut is begun, may be kept in part, and is never acknowledged; a sync that meets it did nothing. */
  async #operate(work: () => void, isKeptInPart = false): Promise<void> {
    await Promise.resolve()
    if (this.isOff) throw new Error('the power is off')
    this.#operationsLeft--
    if (!this.isOff || isKeptInPart) work()
    if (this.isOff) throw new Error('the power went off')
  }
}

interface Change {
  readonly at: number
  /** Absent for a truncation to `at`. */
  readonly bytes: Buffer | undefined
}

class MemoryFile {
  content: Buffer = Buffer.alloc(0)
  #durable: Buffer = Buffer.alloc(0)
  #pending: Change[] = []

  change(change: Change): void {
    this.content = applied(this.content, change)
    this.#pending.push(change)
  }

  sync(): void {
    this.#durable = this.content
    this.#pending = []
  }

  forget(random: () => number): void {
    for (const change of this.#pending) {
      for (const part of sectorsOf(change)) if (random() < 0.5) this.#durable = applied(this.#durable, part)
    }
    this.content = this.#durable
    this.#pending = []
  }
}

function applied(content: Buffer, { at, bytes }: Change): Buffer {
  if (bytes === undefined) return Buffer.concat([content.subarray(0, at), Buffer.alloc(Math.max(0, at - content.length))])
  const result = Buffer.alloc(Math.max(content.length, at + bytes.length))
  content.copy(result)
  bytes.copy(result, at)
  return result
}

function sectorsOf({ at, bytes }: Change): Change[] {
  if (bytes === undefined) return [{ at, bytes }]
  const parts: Change[] = []
  for (let from = at; from < at + bytes.length; ) {
    const to = Math.min(at + bytes.length, (Math.floor(from / sectorBytes) + 1) * sectorBytes)
    parts.push({ at: from, bytes: bytes.subarray(from - at, to - at) })
    from = to
  }
  return parts
}
