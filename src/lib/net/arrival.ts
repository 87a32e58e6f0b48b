/** What the reader of a stream waits for: that something came, or the failure that ends it. The first failure is the one that is told. */
export class Arrival {
  #failure: unknown
  #wake: (() => void) | undefined

  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** Something came: whoever waits looks again. */
  came(): void {
    this.#wake?.()
  }

  fail(failure: unknown): void {
    this.#failure ??= failure
    this.#wake?.()
  }

  /** Waits until something comes. @throws the failure, also one that was there before */
  async next(): Promise<void> {
    if (this.#failure === undefined) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    this.#wake = undefined
    if (this.#failure !== undefined) throw this.#failure
  }
}
