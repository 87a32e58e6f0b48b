import { OpsError } from '../core/errors.ts'

/** What a waiter was granted. Giving it back twice is the same as once. */
export type Lease = Disposable

/**
 * A weighted semaphore whose waiters can be cancelled. Strictly first come, first served: a heavy waiter at the head is never
 * overtaken by light ones, so it can not starve. A weight above the capacity is cut to it, so that such a task runs alone.
 *
 * Made for 100,000 waiting tasks: the queue is a linked list of which any member leaves in constant time, and waiters that share
 * an AbortSignal share one listener on it, because a listener a waiter costs more than the waiter and makes adding them quadratic.
 */
export class Semaphore {
  readonly #capacity: number
  readonly #queue = new WaiterQueue()
  readonly #groups = new Map<AbortSignal, SignalGroup>()
  #used = 0

  constructor(capacity: number) {
    if (!(Number.isInteger(capacity) && capacity > 0)) {
      throw new OpsError('E_BUG', `a semaphore needs a whole capacity above 0, not ${capacity}`)
    }
    this.#capacity = capacity
  }

  /**
   * Resolves when the weight fits and everyone who came before has been served.
   * Rejects with the signal's reason when it aborts first; an aborted waiter holds nothing and delays nobody.
   */
  acquire(weight: number, signal: AbortSignal): Promise<Lease> {
    // Whole numbers only: sums of fractions drift, and a task of full weight would wait for ever for an exact zero.
    if (!(Number.isInteger(weight) && weight > 0)) {
      return Promise.reject(new OpsError('E_BUG', `a weight must be a whole number above 0, not ${weight}`))
    }
    if (signal.aborted) return Promise.reject(signal.reason)
    const cut = Math.min(weight, this.#capacity)
    if (this.#queue.head === undefined && this.#fits(cut)) return Promise.resolve(this.#grant(cut))
    return new Promise((resolve, reject) => {
      const group = this.#groupOf(signal)
      const waiter: Waiter = { weight: cut, resolve, reject, group, previous: undefined, next: undefined }
      group.waiters.add(waiter)
      this.#queue.push(waiter)
    })
  }

  #fits(weight: number): boolean {
    return this.#used + weight <= this.#capacity
  }

  #grant(weight: number): Lease {
    this.#used += weight
    let held = true
    return {
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        this.#used -= weight
        this.#serve()
      },
    }
  }

  #serve(): void {
    for (let waiter = this.#queue.head; waiter !== undefined && this.#fits(waiter.weight); waiter = this.#queue.head) {
      this.#queue.remove(waiter)
      waiter.group.waiters.delete(waiter)
      if (waiter.group.waiters.size === 0) this.#forget(waiter.group)
      waiter.resolve(this.#grant(waiter.weight))
    }
  }

  #groupOf(signal: AbortSignal): SignalGroup {
    const known = this.#groups.get(signal)
    if (known) return known
    const group: SignalGroup = { signal, waiters: new Set(), abort: () => this.#abort(group) }
    this.#groups.set(signal, group)
    signal.addEventListener('abort', group.abort)
    return group
  }

  #forget(group: SignalGroup): void {
    group.signal.removeEventListener('abort', group.abort)
    this.#groups.delete(group.signal)
  }

  #abort(group: SignalGroup): void {
    this.#forget(group)
    for (const waiter of group.waiters) {
      this.#queue.remove(waiter)
      waiter.reject(group.signal.reason)
    }
    // A heavy waiter that left the head may have been all that held lighter ones back.
    this.#serve()
  }
}

interface Waiter {
  readonly weight: number
  readonly resolve: (lease: Lease) => void
  readonly reject: (reason: unknown) => void
  readonly group: SignalGroup
  previous: Waiter | undefined
  next: Waiter | undefined
}

interface SignalGroup {
  readonly signal: AbortSignal
  readonly waiters: Set<Waiter>
  readonly abort: () => void
}

/** A doubly linked list through the waiters themselves. */
class WaiterQueue {
  head: Waiter | undefined
  #tail: Waiter | undefined

  push(waiter: Waiter): void {
    waiter.previous = this.#tail
    if (this.#tail) this.#tail.next = waiter
    else this.head = waiter
    this.#tail = waiter
  }

  remove(waiter: Waiter): void {
    if (waiter.previous) waiter.previous.next = waiter.next
    else this.head = waiter.next
    if (waiter.next) waiter.next.previous = waiter.previous
    else this.#tail = waiter.previous
    waiter.previous = undefined
    waiter.next = undefined
  }
}
