/** Whether the last so many records fit. */
export class Recent {
  readonly #flags: Uint8Array
  #next = 0
  count = 0
  hits = 0

  constructor(size: number) {
    this.#flags = new Uint8Array(size)
  }

  add(hit: boolean): void {
    const flags = this.#flags
    this.hits += (hit ? 1 : 0) - (flags[this.#next] ?? 0)
    flags[this.#next] = hit ? 1 : 0
    this.#next = (this.#next + 1) % flags.length
    this.count = Math.min(this.count + 1, flags.length)
  }

  /** The oldest first: `0` and `1`. */
  get text(): string {
    const flags = this.#flags
    return Array.from(
      { length: this.count },
      (_, at) => flags[(this.#next - this.count + at + flags.length) % flags.length],
    ).join('')
  }
}
