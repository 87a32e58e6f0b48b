import { join } from 'node:path'
import { Journal } from '../../src/lib/journal/journal.ts'
import type { JournalOptions } from '../../src/lib/journal/options.ts'
import type { ReadOptions } from '../../src/lib/journal/read.ts'
import { acquireLock } from '../../src/lib/run/lock.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

/** A journal as commands open it, with a clock that stands still. */
export function openJournal(directory: string, over: Partial<JournalOptions> = {}): Promise<Journal> {
  const clock = new FakeClock()
  const lock = (path: string): Promise<AsyncDisposable> => acquireLock(path, { runId: 'run-1', command: 'exec -t web', clock })
  return Journal.open(directory, { clock, lock, fsync: 'never', ...over })
}

export interface Readable {
  read(options?: ReadOptions): AsyncGenerator<{ readonly sequence: number; readonly type: number; readonly payload: Uint8Array }>
}

/** Each record as `sequence:type:text`. */
export async function linesOf(journal: Readable, options?: ReadOptions): Promise<string[]> {
  const lines: string[] = []
  for await (const { sequence, type, payload } of journal.read(options)) lines.push(`${sequence}:${type}:${Buffer.from(payload)}`)
  return lines
}

export async function linesIn(directory: string, options?: ReadOptions): Promise<string[]> {
  return linesOf(await Journal.inspect(directory), options)
}

/** The path of the segment that begins with a record. */
export const segmentAt = (directory: string, base: number): string => join(directory, `${String(base).padStart(16, '0')}.segment`)
