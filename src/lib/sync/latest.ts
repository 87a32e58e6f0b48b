/** The newest of what one side tells and another side reads: what came while the reader was busy is not told one by one. */
export class Latest<T> {
  #value: { readonly value: T } | undefined
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  set(value: T): void {
    this.#value = { value }
    this.#wake?.()
  }

  /** The reader is told when it has read what was set before. */
  fail(error: unknown): void {
    this.#failure = { error }
    this.#wake?.()
  }

  /** What is newest, once. Waits for it. */
  async next(): Promise<T> {
    for (;;) {
      const told = this.#value
      this.#value = undefined
      if (told) return told.value
      if (this.#failure) throw this.#failure.error
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
