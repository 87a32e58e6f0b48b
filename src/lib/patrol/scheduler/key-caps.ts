import type { SlaClass } from '../../probe/index.ts'
import { type Entry, keysOf } from './entry.ts'
import { IndexedHeap } from './indexed-heap.ts'

interface Key {
  /** By runs, and by who waits for another key and may not be passed over again. */
  taken: number
  readonly blocked: IndexedHeap<Entry>
}

/** At a key the class counts as so many milliseconds of waiting: what waits long enough comes before what matters more. */
const headStartMs: Readonly<Record<SlaClass, number>> = { P0: 4000, P1: 2000, P2: 0 }

/** Passed over so often, a job takes its keys one by one as they get free and keeps them. */
const patience = 3

/**
 * How many may run at a time for each key. Who finds a key full waits at that key and is in nobody's way; when there is room again, the
 * first in line tries once more. A job with several keys could be passed over for ever by jobs with one of them: after `patience` times it
 * takes keys as it gets them, in the order of their names, so that no two jobs wait for each other.
 */
export class KeyCaps {
  readonly #keys = new Map<string, Key>()
  readonly #cap: (key: string) => number
  readonly #retry: (entry: Entry) => void

  /** `retry` is told who may try again. */
  constructor(cap: number | ((key: string) => number), retry: (entry: Entry) => void) {
    this.#cap = typeof cap === 'number' ? () => cap : cap
    this.#retry = retry
  }

  /** Takes the keys of a job, all of them; false when it waits at one of them now. */
  take(entry: Entry): boolean {
    const names = keysOf(entry.job)
    const full = entry.blocked < patience ? names.find(name => this.#room(name) === 0) : undefined
    const at = full ?? this.#takeInOrder(entry, names)
    if (at === undefined) return true
    entry.blocked++
    entry.queue = this.#key(at).blocked
    entry.queue.push(entry)
    // It may have been called up for one that it did not take: somebody else waits for that.
    for (const name of names) this.#callUp(name)
    return false
  }

  /** A run has ended. */
  release(names: readonly string[]): void {
    for (const name of names) {
      const key = this.#keys.get(name)
      if (key) key.taken--
      this.#callUp(name)
    }
  }

  /** A job that does not run is out of its queue, and is not going to run now. */
  leave(entry: Entry): void {
    const names = keysOf(entry.job)
    this.release(names.slice(0, entry.held))
    entry.held = 0
    entry.blocked = 0
    for (const name of names) this.#callUp(name)
  }

  /** Everyone who waits at a key. */
  *waiting(): Iterable<Entry> {
    for (const { blocked } of this.#keys.values()) yield* blocked
  }

  /** The key that is full, with all before it taken; undefined when all are. */
  #takeInOrder(entry: Entry, names: readonly string[]): string | undefined {
    for (; entry.held < names.length; entry.held++) {
      const name = names[entry.held] ?? ''
      if (this.#room(name) === 0) return name
      this.#key(name).taken++
    }
    return undefined
  }

  /** As many as there is room for try again. Nothing is theirs yet, but for who has been patient and waits for this key before any other. */
  #callUp(name: string): void {
    const key = this.#keys.get(name)
    if (!key) return
    for (let room = this.#room(name); room > 0; room--) {
      const entry = key.blocked.pop()
      if (!entry) break
      if (entry.blocked >= patience && keysOf(entry.job)[entry.held] === name) {
        entry.held++
        key.taken++
      }
      this.#retry(entry)
    }
    if (key.taken === 0 && key.blocked.size === 0) this.#keys.delete(name)
  }

  #room(name: string): number {
    return Math.max(0, Math.max(1, Math.floor(this.#cap(name))) - (this.#keys.get(name)?.taken ?? 0))
  }

  #key(name: string): Key {
    const known = this.#keys.get(name)
    if (known) return known
    const key: Key = { taken: 0, blocked: new IndexedHeap<Entry>(({ dueAt, lane }) => dueAt - headStartMs[lane.sla]) }
    this.#keys.set(name, key)
    return key
  }
}
