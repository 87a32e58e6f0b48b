/** What stands in a heap knows where, so that it can be taken out again from anywhere. */
export interface Placed {
  /** -1 outside. Kept by the heap. */
  place: number
}

/**
 * A binary heap: the lowest rank first; adding and taking out, also from the middle, cost O(log n). A rank must not change while its item
 * is inside, except that those of all items grow by the same.
 */
export class IndexedHeap<Item extends Placed> implements Iterable<Item> {
  readonly #items: Item[] = []
  readonly #rank: (item: Item) => number

  constructor(rank: (item: Item) => number) {
    this.#rank = rank
  }

  get size(): number {
    return this.#items.length
  }

  get first(): Item | undefined {
    return this.#items[0]
  }

  push(item: Item): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  pop(): Item | undefined {
    const [first] = this.#items
    if (first) this.remove(first)
    return first
  }

  /** The item must be inside. */
  remove(item: Item): void {
    const { place } = item
    const last = this.#items.pop()
    item.place = -1
    if (last === undefined || last === item) return
    this.#rise(last, place)
    this.#sink(last, last.place)
  }

  /** In no order. */
  [Symbol.iterator](): Iterator<Item> {
    return this.#items[Symbol.iterator]()
  }

  #rise(item: Item, from: number): void {
    const rank = this.#rank(item)
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.#items[above]
      if (parent === undefined || this.#rank(parent) <= rank) break
      this.#put(parent, place)
      place = above
    }
    this.#put(item, place)
  }

  #sink(item: Item, from: number): void {
    const rank = this.#rank(item)
    let place = from
    for (;;) {
      const [child, at] = this.#lesserChild(place)
      if (child === undefined || this.#rank(child) >= rank) break
      this.#put(child, place)
      place = at
    }
    this.#put(item, place)
  }

  #lesserChild(place: number): readonly [child: Item | undefined, at: number] {
    const at = 2 * place + 1
    const [left, right] = [this.#items[at], this.#items[at + 1]]
    return left && right && this.#rank(right) < this.#rank(left) ? [right, at + 1] : [left, at]
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item
    item.place = place
  }
}
