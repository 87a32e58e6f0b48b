import type { TlsSeen } from '../tls-seen.ts'
import type { Http1Connection } from './connection.ts'

/** A connection, and what was seen when it was made. */
export interface KeptConnection {
  readonly connection: Http1Connection
  readonly address: string | undefined
  readonly tls: TlsSeen | undefined
}

/** Connections that wait for their next request, by what they are good for. When there are too many, the one idle for longest goes. */
export class Http1Pool implements Disposable {
  readonly #maxIdle: number
  readonly #byKey = new Map<string, KeptConnection[]>()
  /** In the order in which they became idle. */
  readonly #keys = new Map<KeptConnection, string>()

  constructor({ maxIdle }: { readonly maxIdle: number }) {
    this.#maxIdle = maxIdle
  }

  get idle(): number {
    return this.#keys.size
  }

  /** The one that was used last: the likeliest to be still open. */
  take(key: string): KeptConnection | undefined {
    const kept = this.#byKey.get(key)?.at(-1)
    if (kept === undefined) return undefined
    this.#remove(kept)
    return kept
  }

  give(key: string, kept: KeptConnection): void {
    if (!kept.connection.isOpen) return
    const same = this.#byKey.get(key)
    if (same) same.push(kept)
    else this.#byKey.set(key, [kept])
    this.#keys.set(kept, key)
    kept.connection.onIdleEnd = () => this.#remove(kept)
    for (const [oldest] of this.#keys) {
      if (this.#keys.size <= this.#maxIdle) break
      this.#remove(oldest)
      oldest.connection.close()
    }
  }

  [Symbol.dispose](): void {
    for (const kept of [...this.#keys.keys()]) {
      this.#remove(kept)
      kept.connection.close()
    }
  }

  #remove(kept: KeptConnection): void {
    const key = this.#keys.get(kept)
    if (key === undefined) return
    kept.connection.onIdleEnd = undefined
    this.#keys.delete(kept)
    const same = this.#byKey.get(key) ?? []
    same.splice(same.indexOf(kept), 1)
    if (same.length === 0) this.#byKey.delete(key)
  }
}
