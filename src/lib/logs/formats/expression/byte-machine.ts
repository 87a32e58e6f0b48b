import { type Step, StepBudget } from '../../../core/pattern-compiler.ts'
import { isWithinChar } from './byte-set.ts'

const stepsAByte = 50
const leastSteps = 5000

/** What is being matched: a line of `input` from `begin` to `end`, valid UTF-8. */
export class ByteMachine extends StepBudget {
  input: Uint8Array = new Uint8Array()
  begin = 0
  end = 0
  /** A byte came that does not tell what it means: what was found does not count. */
  isInDoubt = false
  /** Where each group begins and ends, -1 for those that took no part. */
  readonly places: Int32Array

  constructor(groups: number) {
    super()
    this.places = new Int32Array(2 * groups + 2)
  }

  /** False too where it is in doubt. @throws GaveUp where it would take too long to know */
  find({ go, first, isAnchored }: Step & { readonly isAnchored: boolean }): boolean {
    const { input, begin, end, places } = this
    this.isInDoubt = false
    this.renew(leastSteps + stepsAByte * (end - begin))
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
}
