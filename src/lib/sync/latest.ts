/** The newest of what one side tells and another side reads: what came while the reader was busy is not told one by one. */
export class Latest<T> {
  #value: { readonly value: T } | undefined
  #failure: { readonly error: unknown } | undefined
  #told = Promise.withResolvers<void>()

  set(value: T): void {
    this.#value = { value }
    this.#told.resolve()
  }

  /** The reader is told when it has read what was set before. */
  fail(error: unknown): void {
    this.#failure = { error }
    this.#told.resolve()
  }

  /** Settles when `next` need not wait. */
  arrival(): Promise<void> {
    return this.#told.promise
  }

  /** What is newest, once. Waits for it. */
  async next(): Promise<T> {
    await this.#told.promise
    const told = this.#value
    if (!told) throw this.#failure?.error
    this.#value = undefined
    if (!this.#failure) this.#told = Promise.withResolvers()
    return told.value
  }
}
