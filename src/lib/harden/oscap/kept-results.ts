import { once } from 'node:events'
import { createGzip } from 'node:zlib'
import { writeFileAtomic } from '../../run/atomic-write.ts'

/**
 * What oscap wrote, kept here as it is, compressed while it arrives: a page or another tool may want more of it than verdicts. The file is
 * there whole or not at all. Where it can not be written the scan goes on without.
 */
export class KeptResults {
  readonly #gzip = createGzip()
  readonly #settled: Promise<void>
  readonly #onLost: (error: unknown) => void
  #isWanted = true

  constructor(path: string, onLost: (error: unknown) => void) {
    this.#onLost = onLost
    this.#gzip.on('error', () => undefined)
    this.#settled = writeFileAtomic(path, this.#gzip, { mode: 0o600, code: 'E_STATE' }).catch(error => this.#lose(error))
  }

  /** A returned promise asks to wait with more. */
  write(bytes: Uint8Array): Promise<unknown> | undefined {
    if (!this.#isWanted || this.#gzip.write(bytes)) return undefined
    return Promise.race([once(this.#gzip, 'drain').catch(() => undefined), this.#settled])
  }

  async keep(): Promise<void> {
    this.#gzip.end()
    await this.#settled
    this.#isWanted = false
  }

  async discard(): Promise<void> {
    if (!this.#isWanted) return
    this.#isWanted = false
    this.#gzip.destroy(new Error('there is no whole result'))
    await this.#settled
  }

  #lose(error: unknown): void {
    if (this.#isWanted) this.#onLost(error)
    this.#isWanted = false
    this.#gzip.destroy()
  }
}
