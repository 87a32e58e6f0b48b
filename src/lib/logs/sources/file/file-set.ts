import type { SourceEvent, SourcePlace } from '../../../core/log-source.ts'
import { isCopy, likenesses } from './copies.ts'
import { bytesBefore, type FileLook, lastLineEnd } from './file-look.ts'
import { type FileIdentity, identityJson, overlapBytes, prefixOf } from './identity.ts'
import { endOf, foundAt, type Orphan, orphanOf, type Place, Surroundings } from './orphan.ts'
import { type Found, type Scan, scanFiles } from './scan.ts'
import type { FileSettings } from './settings.ts'
import { Tail } from './tail.ts'
import { problemOf, Troubles } from './troubles.ts'

/** A compressed file is read when nobody wrote to it for so long. */
const settledMs = 2000

/** The files that are read, and which stream each of them is. */
export class FileSet {
  readonly tails = new Map<string, Tail>()
  /** Something may come of them at the next scan already. */
  isUnsettled = false
  readonly troubles: Troubles
  readonly #place: SourcePlace
  readonly #settings: FileSettings
  #orphans: Orphan[] = []
  /** Files that are no stream, as they were when it was found that they are none: empty ones, copies of others, old ones. */
  readonly #strangers = new Map<string, Found>()
  readonly #isFirstEver: boolean
  #isFirst = true
  #keys = new Map<string, string>()
  #before: Scan['files'] = new Map()

  constructor(place: SourcePlace, settings: FileSettings) {
    this.#place = place
    this.#settings = settings
    this.troubles = new Troubles(place)
    const known = place.streams.known()
    this.#isFirstEver = known.length === 0
    this.#orphans = known.flatMap(stream => orphanOf(stream) ?? [])
  }

  /** By any of its names; undefined where no stream is there, null where there may soon be one. */
  at(path: string): Tail | null | undefined {
    const key = this.#keys.get(path)
    return key === undefined ? undefined : (this.tails.get(key) ?? null)
  }

  /** Looks at everything: what is new is begun, what moved is followed, what can not be found is told. */
  async *refresh({ onGrown, quick }: Refresh): AsyncGenerator<SourceEvent, Scan> {
    const { paths, exclude } = this.#settings
    const scan = await scanFiles({ paths, exclude, cwd: this.#place.cwd, before: this.#before, quick })
    this.#before = scan.files
    this.isUnsettled = false
    this.#keys = new Map(
      [...scan.files.values()].flatMap(file => [...file.paths, file.real].map(path => [path, file.key] as const)),
    )
    for (const [path, problem] of scan.troubles) this.troubles.tell(path, problem)
    this.troubles.forget(path => !scan.troubles.has(path) && !this.#keys.has(path))
    const surroundings = new Surroundings()
    for (const tail of this.tails.values()) await this.#follow(tail, { file: scan.files.get(tail.key), surroundings, onGrown })
    const strangers = [...scan.files.values()].filter(file => !this.tails.has(file.key) && this.#isNews(file))
    await this.#unmaskCopies(strangers, surroundings)
    yield* this.#settle(scan, { surroundings, onGrown })
    for (const file of strangers) await this.#consider(file, { surroundings, onGrown })
    for (const key of this.#strangers.keys()) if (!scan.files.has(key)) this.#strangers.delete(key)
    // Those that have other names now too: their writers may not know yet.
    this.#keys = new Map([...this.tails.values()].map(({ path, key }) => [path, key]))
    for (const { paths, real, key } of scan.files.values()) for (const path of [...paths, real]) this.#keys.set(path, key)
    this.#isFirst = false
    return scan
  }

  /** The file of a stream is not what it was: its rest is looked for with the next refresh. */
  async lose(tail: Tail, isRead = false): Promise<void> {
    this.tails.delete(tail.key)
    await tail.close()
    const { stream, identity, from: at, token, seen } = tail
    this.#orphans.push({ ...{ stream, identity, at, seen }, ...(token !== undefined && { token }), ...(isRead && { isRead }) })
    // What was taken for a copy of it may be all that there is.
    this.#strangers.clear()
    this.isUnsettled = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tail of this.tails.values()) await tail.close()
  }

  #isNews(file: Found): boolean {
    const known = this.#strangers.get(file.key)
    return known === undefined || known.size !== file.size || known.mtimeMs !== file.mtimeMs
  }

  async #follow(tail: Tail, { file, surroundings, onGrown }: Following): Promise<void> {
    tail.isOutside = file === undefined
    if (file !== undefined && (tail.identity.born ?? file.born) === (file.born ?? tail.identity.born)) {
      const [first = tail.path] = file.paths
      if (!file.paths.includes(tail.path) && file.real !== tail.path) await this.#rename(tail, first)
      if (file.size !== tail.sizeSeen) onGrown(tail)
      tail.sizeSeen = file.size
      return
    }
    onGrown(tail)
    if (tail.isUnlinked) return
    if (tail.isOpen && (await tail.hasNoName())) {
      tail.isUnlinked = true
      return
    }
    const { ino, dev } = tail.identity
    const moved = (await surroundings.siblings(tail.path))?.find(({ facts }) => facts.ino === ino && facts.dev === dev)
    if (file === undefined && moved !== undefined && moved.path !== tail.path) await this.#rename(tail, moved.path)
    else if (!tail.isOpen && moved === undefined) await this.lose(tail, tail.isAtEnd && tail.from === tail.seen)
  }

  async #rename(tail: Tail, path: string): Promise<void> {
    tail.formerPath ??= tail.path
    await this.troubles.guard(path, () => tail.describe({ path }))
  }

  /** What begins as a file that is read may be a copy that was made before that was truncated: then this is to be known first. */
  async #unmaskCopies(strangers: readonly Found[], surroundings: Surroundings): Promise<void> {
    for (const file of strangers) {
      if (this.tails.size === 0 || file.size === 0) continue
      const look = await surroundings.look(placeOf(file))
      for (const tail of look ? [...likenesses(look, this.tails.values())] : []) {
        const isChanged = await this.troubles.guard(tail.path, async () => {
          await tail.open()
          return await tail.isChanged()
        })
        if (isChanged) await this.lose(tail)
      }
    }
  }

  /** Finds the files of orphans again, and tells of those that are nowhere. */
  async *#settle(scan: Scan, { surroundings, onGrown }: Settling): AsyncGenerator<SourceEvent> {
    const orphans = this.#orphans
    this.#orphans = []
    const found = [...scan.files.values()].map(placeOf)
    const byInode = Map.groupBy(found, ({ facts }) => facts.ino)
    const isFree = ({ facts }: Place): boolean => !this.tails.has(facts.key)
    const left: { readonly orphan: Orphan; readonly near: readonly Place[] | undefined }[] = []
    for (const orphan of orphans) {
      const near = await surroundings.siblings(orphan.identity.path)
      const { ino } = orphan.identity
      const places = [...(byInode.get(ino) ?? []), ...(near ?? []).filter(({ facts }) => facts.ino === ino)].filter(isFree)
      const same = orphan.isRead ? undefined : await surroundings.sameFile(orphan, places)
      if (same) await this.#adopt(orphan, { look: same, scan, onGrown })
      else left.push({ orphan, near })
    }
    // Only now: a copy of one may be the file of another.
    for (const { orphan, near } of left) {
      const places = [...(near ?? []), ...found].filter(isFree)
      const copy = await surroundings.copyOf(
        orphan,
        orphan.isRead ? places.filter(({ facts }) => scan.files.has(facts.key)) : places,
      )
      if (copy) await this.#adopt(orphan, { look: copy, scan, onGrown })
      // Nobody can say what is in a directory that can not be read, or that is not mounted yet.
      else if (near === undefined && orphan.seen === undefined) this.#orphans.push(orphan)
      else yield* endOf(orphan, this.#place.log)
    }
  }

  async #adopt(
    orphan: Orphan,
    { look, scan, onGrown }: { readonly look: FileLook; readonly scan: Scan; readonly onGrown: (tail: Tail) => void },
  ): Promise<void> {
    const { stream, at } = orphan
    const file = scan.files.get(look.key)
    const path = file?.paths.includes(orphan.identity.path) ? orphan.identity.path : (file?.paths[0] ?? look.path)
    const before = look.compression
      ? undefined
      : await bytesBefore(look.path, { at, length: overlapBytes }).catch(() => undefined)
    const identity = foundAt(orphan, { ...look, path })
    const tail = new Tail({ look, stream, identity, framing: this.#place.framing, at, ...(before && { before }) })
    tail.isOutside = file === undefined
    if (path !== orphan.identity.path) tail.formerPath = orphan.identity.path
    this.tails.set(tail.key, tail)
    this.#strangers.delete(tail.key)
    if (JSON.stringify(identity) !== JSON.stringify(orphan.identity))
      await this.troubles.guard(path, () => stream.describe(identityJson(identity), path))
    const { done } = identity
    tail.sizeSeen = look.size
    if (look.compression && done?.size === look.size && at >= done.at) tail.isAtEnd = true
    else onGrown(tail)
  }

  async #consider(file: Found, { surroundings, onGrown }: Settling): Promise<void> {
    if (this.tails.has(file.key)) return
    const [path = file.real] = file.paths
    this.#strangers.set(file.key, file)
    const age = this.#place.clock.now() - file.mtimeMs
    if (file.size === 0 || age > (this.#settings.ignoreOlderMs ?? Number.POSITIVE_INFINITY)) return
    const look = await surroundings.look(placeOf(file))
    if (look === undefined) {
      this.troubles.tell(path, problemOf(surroundings.failure(file)) ?? 'it can not be read')
      return void this.#strangers.delete(file.key)
    }
    if (look.compression !== undefined) {
      if (this.#settings.compressed === 'ignore') return
      if (this.#place.follow && age < settledMs) return void this.#strangers.delete(file.key)
    }
    for (const tail of likenesses(look, this.tails.values())) {
      const compared = await this.troubles.guard(tail.path, async () => {
        await tail.open()
        return await isCopy(look, tail)
      })
      if (compared) return
    }
    await this.troubles.guard(path, () => this.#begin(look, { file, onGrown }))
  }

  async #begin(
    look: FileLook,
    { file, onGrown }: { readonly file: Found; readonly onGrown: (tail: Tail) => void },
  ): Promise<void> {
    const [path = look.path] = file.paths
    const { dev, ino, born, head, key } = look
    this.#strangers.delete(key)
    const isSkipped = this.#isFirst && this.#isFirstEver && this.#settings.start === 'end' && look.compression === undefined
    const at = isSkipped ? await lastLineEnd(look) : 0
    const identity: FileIdentity = {
      ...{ path, dev, ino },
      ...(born !== undefined && { born }),
      ...prefixOf(head),
      ...(at > 0 && { start: at }),
    }
    const stream = await this.#place.streams.begin(identityJson(identity), path)
    const before = at > 0 ? await bytesBefore(look.path, { at, length: overlapBytes }) : undefined
    const tail = new Tail({ look, stream, identity, framing: this.#place.framing, at, ...(before && { before }) })
    tail.sizeSeen = look.size
    tail.after = [...this.tails.values()].find(other => other.formerPath === path && !other.isAtEnd)
    this.tails.set(key, tail)
    onGrown(tail)
  }
}

interface Refresh {
  /** Told of files that may have something to read. */
  readonly onGrown: (tail: Tail) => void
  /** Directories of file systems that never keep anybody waiting. */
  readonly quick: ReadonlySet<string>
}

interface Settling {
  readonly surroundings: Surroundings
  readonly onGrown: (tail: Tail) => void
}

interface Following extends Settling {
  readonly file: Found | undefined
}

const placeOf = ({ paths, real, ...facts }: Found): Place => ({ path: paths[0] ?? real, facts })
