import type { Log } from '../../../core/io.ts'
import type { SourceEvent, Stream } from '../../../core/log-source.ts'
import { bytesBefore, type FileFacts, type FileLook, lookAt } from './file-look.ts'
import { type FileIdentity, hasPrefix, overlapBytes, prefixBytes, prefixOf, readIdentity, tokenOf } from './identity.ts'
import { siblingsOf } from './scan.ts'

/** A stream whose file is to be found. */
export interface Orphan {
  readonly stream: Stream
  readonly identity: FileIdentity
  /** Where reading goes on, and what lies before it, where that is known. */
  readonly at: number
  readonly token?: number
  /** So much was there, as far as this process saw; absent where it belongs to the time before. */
  readonly seen?: number
  /** Its file was deleted when all of it had been read: only what would be read again is looked for. */
  readonly isRead?: boolean
}

/** Where a file may be found again. */
export interface Place {
  readonly path: string
  readonly facts: FileFacts
}

/** A stream as an earlier process left it; undefined where its identity is none that a file has. */
export function orphanOf(stream: Stream): Orphan | undefined {
  const identity = readIdentity(stream.identity)
  if (identity === undefined) return undefined
  const { at, token } = stream.resume
  const from = Math.max(at, identity.start ?? 0)
  return { stream, identity, at: from, ...(typeof token === 'number' && from === at && { token }) }
}

/** Nothing more comes of it: it ends, and what was not read of it is told. */
export function* endOf({ stream, at, seen, isRead }: Orphan, log: Log): Iterable<SourceEvent> {
  const about = { kind: 'gap', stream, from: at } as const
  if (seen === undefined) yield { ...about, reason: 'gone or written anew while nothing was running' }
  else if (seen > at) yield { ...about, bytes: seen - at, reason: 'truncated or deleted before it was read' }
  else if (!isRead) log('info', 'a file was written anew: all that was seen of it had been read', { path: stream.title })
  yield { kind: 'end', stream }
}

/** Its identity, now that it was found. */
export function foundAt({ identity }: Orphan, { path, dev, ino, born, head }: FileLook): FileIdentity {
  const prefix = prefixOf(head)
  return {
    ...identity,
    ...(prefix.bytes > identity.bytes && prefix),
    ...{ path, dev, ino },
    ...(born !== undefined && { born }),
  }
}

/** Looks at files about orphans, at each once. */
export class Surroundings {
  readonly #looks = new Map<string, FileLook | Error>()
  readonly #siblings = new Map<string, readonly Place[] | undefined>()

  /** Undefined where it can not be read. */
  async look({ path, facts }: Place): Promise<FileLook | undefined> {
    if (!this.#looks.has(facts.key))
      this.#looks.set(facts.key, await lookAt(path).catch(error => (error instanceof Error ? error : new Error(String(error)))))
    const look = this.#looks.get(facts.key)
    return look instanceof Error ? undefined : look
  }

  /** Why a file that was looked at can not be read. */
  failure({ key }: FileFacts): Error | undefined {
    const look = this.#looks.get(key)
    return look instanceof Error ? look : undefined
  }

  /** Files in the directory of a path; undefined where nobody can say. */
  async siblings(path: string): Promise<readonly Place[] | undefined> {
    const directory = path.slice(0, path.lastIndexOf('/'))
    if (!this.#siblings.has(directory)) this.#siblings.set(directory, await siblingsOf(path))
    return this.#siblings.get(directory)
  }

  /** The same file, under whatever name. */
  async sameFile(orphan: Orphan, places: readonly Place[]): Promise<FileLook | undefined> {
    const { ino, dev, born, path } = orphan.identity
    for (const place of places) {
      const { facts } = place
      if (facts.ino !== ino || (born ?? facts.born) !== (facts.born ?? born)) continue
      // Numbers of devices may be others after the machine was started again.
      if (facts.dev !== dev && place.path !== path) continue
      const look = await this.look(place)
      if (look && (await continues(orphan, look))) return look
    }
    return undefined
  }

  /** A copy of the file, which may be compressed. */
  async copyOf(orphan: Orphan, places: readonly Place[]): Promise<FileLook | undefined> {
    const { identity, at } = orphan
    if (identity.bytes === 0) return undefined
    for (const place of places) {
      // A file that was made anew may well begin as the old one did.
      if (place.path === identity.path && identity.bytes < prefixBytes) continue
      const look = await this.look(place)
      if (look === undefined || look.head.length < Math.min(identity.bytes, 1)) continue
      if (look.compression === undefined && look.size < at) continue
      if (await continues(orphan, look)) return look
    }
    return undefined
  }
}

/** Whether a file begins as the stream does and has the same before the place where reading goes on. */
async function continues({ identity, at, token }: Orphan, look: FileLook): Promise<boolean> {
  if (!hasPrefix(identity, look.head)) return false
  if (look.compression !== undefined) return true
  if (look.size < at) return false
  if (token === undefined || at === 0) return true
  const before = await bytesBefore(look.path, { at, length: overlapBytes }).catch(() => new Uint8Array())
  return tokenOf(before) === token
}
