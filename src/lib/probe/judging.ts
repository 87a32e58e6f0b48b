import type { CheckJudgement, CheckResult, Sampling } from '../core/check.ts'
import type { Reason, Verdict } from '../core/item.ts'
import { worstOf } from './worst-of.ts'

/** A verdict that counts against a check: what could not be seen is no pass. */
const isBad = ({ verdict }: Pick<CheckJudgement, 'verdict'>): boolean => verdict === 'fail' || verdict === 'unknown'

/**
 * Looks at one thing until every dimension is decided: a bad one is looked at `retries` times more, and one with a limit of N of M is
 * bad once N of its last M looks were, good once no more than M − N can be.
 */
export class Judging {
  readonly #dimensions: readonly Dimension[]
  #last: CheckResult | undefined
  #looks = 0

  constructor(sampling: readonly Sampling[]) {
    this.#dimensions = sampling.map(each => new Dimension(each))
  }

  get looks(): number {
    return this.#looks
  }

  /** True when everything is decided. */
  add(result: CheckResult): boolean {
    this.#looks++
    this.#last = result
    let decided = true
    for (const dimension of this.#dimensions) {
      const judgement = result.judgements?.findLast(each => each.dimension === dimension.name)
      // What was judged in no way, a host that can not be reached, counts for each: else nobody would ever decide.
      dimension.add(judgement ?? { ...ofWhole(result), dimension: dimension.name })
      decided &&= dimension.decided
    }
    return decided
  }

  /** What came of it; undefined before the first look. */
  get result(): CheckResult | undefined {
    const last = this.#last
    if (!last) return undefined
    const judgements = this.#dimensions.flatMap(({ judgement }) => judgement ?? [])
    const worst = worstOf(judgements)
    if (!worst) return last
    // Parts that the check itself did not know of before, as of a program: told as they are.
    if (last.judgements && !last.judgements.some(each => this.#dimensions.some(({ name }) => name === each.dimension)))
      return last
    return new JudgedLooks(last, judgements, worst)
  }
}

class JudgedLooks implements CheckResult {
  readonly verdict: Verdict
  readonly message: string
  declare readonly reason?: Reason
  declare readonly metrics?: Readonly<Record<string, number>>
  readonly judgements: readonly CheckJudgement[]
  readonly #last: CheckResult

  constructor(last: CheckResult, judgements: readonly CheckJudgement[], worst: CheckJudgement) {
    this.verdict = worst.verdict
    this.message = worst.message
    if (worst.reason) this.reason = worst.reason
    // Of several each keeps its own figures; those of the look belong to no one.
    const metrics = judgements.length > 1 ? last.metrics : { ...last.metrics, ...worst.metrics }
    if (metrics) this.metrics = metrics
    this.judgements = judgements
    this.#last = last
  }

  get evidence(): string | undefined {
    return this.#last.evidence
  }
}

function ofWhole({ verdict, message, reason, metrics }: CheckResult): Omit<CheckJudgement, 'dimension'> {
  return { verdict, message, ...(reason && { reason }), ...(metrics && { metrics }) }
}

class Dimension {
  readonly #sampling: Sampling
  #bad = 0
  #good = 0
  #worst: CheckJudgement | undefined
  judgement: CheckJudgement | undefined
  decided = false

  constructor(sampling: Sampling) {
    this.#sampling = sampling
  }

  get name(): string {
    return this.#sampling.dimension
  }

  add(judgement: CheckJudgement): void {
    if (this.decided) return
    const { failures, of, retries } = this.#sampling
    if (isBad(judgement)) {
      this.#bad++
      this.#worst = judgement
    } else this.#good++
    // With N of M every look counts; else a single good one clears it.
    const isGood = of > 1 ? this.#good > of - failures : this.#good > 0
    const neededBad = of > 1 ? failures : retries + 1
    this.decided = isGood || this.#bad >= neededBad
    this.judgement = this.decided && !isGood ? this.#told(judgement) : judgement
  }

  #told(judgement: CheckJudgement): CheckJudgement {
    const bad = isBad(judgement) ? judgement : (this.#worst ?? judgement)
    const { of } = this.#sampling
    return of > 1 ? { ...bad, message: `${bad.message} (${this.#bad} of ${this.#bad + this.#good} looks)` } : bad
  }
}
