import type { Shared } from '../core/check.ts'

/** What the checks of one run share; everything that can be closed is, at the end. */
export class SharedThings implements Shared, AsyncDisposable {
  readonly #made = new Map<() => object, Partial<AsyncDisposable & Disposable>>()

  of<T extends object>(make: () => T): T {
    const known = this.#made.get(make)
    // Made by this very maker, so it is of its kind.
    if (known) return known as T
    const thing = make()
    this.#made.set(make, thing)
    return thing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const thing of this.#made.values()) {
      await thing[Symbol.asyncDispose]?.()
      thing[Symbol.dispose]?.()
    }
    this.#made.clear()
  }
}
