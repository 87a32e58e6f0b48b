import { isInPair, kindAt } from './pattern-chars.ts'
import { GaveUp, type Step, StepBudget } from './pattern-compiler.ts'

const stepsAChar = 100
const leastSteps = 10_000

/** What is being matched. */
export class Machine extends StepBudget {
  text = ''
  readonly places: Int32Array
  /** Where groups that are not at their end yet began. */
  readonly begun: Int32Array
  readonly end: Step

  constructor(groups: number) {
    super()
    this.places = new Int32Array(2 * groups + 2)
    this.begun = new Int32Array(groups + 1)
    this.end = {
      go: at => {
        this.places[1] = at
        return true
      },
    }
  }

  find(text: string, { go, first, isAnchored }: Step & { readonly isAnchored: boolean }): Int32Array | 'nothing' | 'gave-up' {
    this.text = text
    this.renew(leastSteps + stepsAChar * text.length)
    this.places.fill(-1)
    const last = isAnchored ? 0 : text.length
    try {
      for (let at = 0; at <= last; at++) {
        if (first !== undefined && first[kindAt(text, at)] !== 1) continue
        if (isInPair(text, at)) continue
        this.spend(1)
        if (!go(at)) continue
        this.places[0] = at
        return this.places
      }
      return 'nothing'
    } catch (error) {
      // Deep repetitions of groups are deep calls.
      if (error instanceof GaveUp || error instanceof RangeError) return 'gave-up'
      throw error
    }
  }
}
