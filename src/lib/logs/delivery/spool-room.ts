import type { Clock } from '../../core/clock.ts'
import type { Store } from '../store/store.ts'
import type { Spool } from './spool.ts'
import type { Waiting } from './waiting.ts'

interface SpoolRoomOptions {
  readonly clock: Clock
  readonly store: Store
  /** Up to here it was delivered before. */
  readonly consumedTo: number
  /** The spool has become smaller. */
  readonly onSmaller: () => void
}

/** So much is delivered before the disk is asked to remove it. */
const pruneBytes = 8 * 1024 * 1024
/** And not more often where all is delivered: a source that brings little at a time would wait for the disk each time. */
const pruneEveryMs = 5000

/** Room on the disk of a spool: what is delivered of it is removed now and then, and what is put by has to fit. */
export class SpoolRoom {
  readonly #options: SpoolRoomOptions
  #consumedBytes = 0
  #consumedTo: number
  #pruning: Promise<void> | undefined
  #prunedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: SpoolRoomOptions) {
    this.#options = options
    this.#consumedTo = options.consumedTo
  }

  /** Told what was delivered, up to an entry. */
  consumed({ next, bytes }: { readonly next: number; readonly bytes: number }): void {
    this.#consumedBytes += bytes
    this.#consumedTo = next
  }

  /** Whether it is time to ask the disk. */
  isWorthPruning({ isFull, isAllConsumed }: { readonly isFull: boolean; readonly isAllConsumed: boolean }): boolean {
    if (this.#consumedBytes === 0) return false
    const isDue = isAllConsumed && this.#options.clock.monotonic() >= this.#prunedAtMs + pruneEveryMs
    return this.#consumedBytes >= pruneBytes || isFull || isDue
  }

  /** Removes what was delivered; one at a time. @throws OpsError E_STATE */
  prune(spool: Spool): Promise<void> {
    const { store, clock, onSmaller } = this.#options
    const prune = async (): Promise<void> => {
      // A disk that lost the end of the spool has less than is known of it.
      const isSmaller = await spool.consumed(Math.min(this.#consumedTo, spool.next), () => store.secure())
      if (isSmaller) onSmaller()
    }
    this.#consumedBytes = 0
    this.#prunedAtMs = clock.monotonic()
    this.#pruning ??= prune().finally(() => {
      this.#pruning = undefined
    })
    return this.#pruning
  }

  /** What was delivered from memory meanwhile needs none, and what was delivered of the disk gives some. @throws OpsError E_STATE */
  async demand(spool: Spool, batch: readonly Waiting[]): Promise<void> {
    const bytes = batch.reduce((sum, { isWanted, holds }) => sum + (isWanted ? holds : 0), 0)
    if (bytes === 0 || (await spool.hasRoom(bytes))) return
    await this.prune(spool)
    await spool.demandRoom(bytes)
  }
}
