import { isWithinChar } from './byte-set.ts'

/** Whether all behind a place of the line fits; groups are set then. */
export type Go = (at: number) => boolean

export interface Step {
  readonly go: Go
  /** 1 for the bytes of which one must come for it to fit; absent where nothing has to come. */
  readonly first?: Uint8Array | undefined
}

const stepsAByte = 50
const leastSteps = 5000

/** What is being matched: a line of `input` from `begin` to `end`, valid UTF-8. */
export class ByteMachine {
  input: Uint8Array = new Uint8Array()
  begin = 0
  end = 0
  /** A byte came that does not tell what it means: what was found does not count. */
  isInDoubt = false
  /** Where each group begins and ends, -1 for those that took no part. */
  readonly places: Int32Array
  #steps = 0

  constructor(groups: number) {
    this.places = new Int32Array(2 * groups + 2)
  }

  /** False too where it is in doubt. @throws GaveUp where it would take too long to know */
  find({ go, first, isAnchored }: Step & { readonly isAnchored: boolean }): boolean {
    const { input, begin, end, places } = this
    this.isInDoubt = false
    this.#steps = leastSteps + stepsAByte * (end - begin)
    for (let k = 0; k < places.length; k++) places[k] = -1
    const last = isAnchored ? begin : end
    for (let at = begin; at <= last; at++) {
      const byte = input[at] as number
      if ((first !== undefined && first[byte] !== 1) || isWithinChar(byte)) continue
      this.spend(1)
      if (go(at)) return !this.isInDoubt
    }
    return false
  }

  spend(steps: number): void {
    this.#steps -= steps
    if (this.#steps < 0) throw new GaveUp()
  }
}

export class GaveUp extends Error {}
