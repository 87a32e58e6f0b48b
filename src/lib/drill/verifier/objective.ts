import { ExpressionError, type FigureCondition } from '../../core/expression.ts'
import type { Verdict } from '../../core/item.ts'
import { type Figure, figureNames } from './figures.ts'
import { measure } from './measure.ts'
import type { Moments, Series } from './series.ts'

export interface Judgement {
  readonly verdict: Extract<Verdict, 'pass' | 'fail' | 'unknown'>
  readonly message: string
}

/** A tenth of the answers, and always two, may be missing: more could hide what an objective asks for. */
const mayMiss = 0.1
const mayMissAlways = 2

/**
 * Judges a condition over what the probes saw. What is not over yet is judged by the least and by the most that it may come to: only where
 * both say the same something is known. Without data, or with too little of it, nothing passes.
 */
export function judgeObjective(condition: FigureCondition, series: readonly Series[], moments: Moments): Judgement {
  const seen = new Map<string, string>()
  const used = new Set<Series>()
  const evaluate = (bound: 'least' | 'most'): boolean =>
    condition.evaluate((name, of) => {
      const figure = figureNames.find(known => known === name)
      const asked = of === undefined ? series : series.filter(each => each.name === of)
      if (figure === undefined || asked.length === 0) throw new NoData(`nothing measures ${name}`)
      for (const each of asked) used.add(each)
      const worst = worstOf(figure, asked, moments)
      seen.set(
        of === undefined ? name : `${name}('${of}')`,
        worst.least === worst.most ? shown(worst.most) : `more than ${shown(worst.least)}`,
      )
      return worst[bound]
    })
  try {
    const [least, most] = [evaluate('least'), evaluate('most')]
    const told = [...seen].map(([name, value]) => `${name} is ${value}`).join(', ')
    if (least !== most) return { verdict: 'unknown', message: `${told}: it was looked at for too short a time` }
    if (!least) return { verdict: 'fail', message: told }
    const gap = [...used].find(each => lacksData(each, moments))
    if (!gap) return { verdict: 'pass', message: told }
    const { asked, missing } = gap.missing(moments)
    return { verdict: 'unknown', message: `${told}, but ${missing} of ${asked} samples of ${gap.name} are missing` }
  } catch (error) {
    if (error instanceof NoData || error instanceof ExpressionError) return { verdict: 'unknown', message: error.message }
    throw error
  }
}

export function lacksData(series: Series, moments: Moments): boolean {
  const { asked, missing } = series.missing(moments)
  return missing > Math.max(mayMissAlways, asked * mayMiss)
}

class NoData extends Error {}

/** Every figure is the worse the larger it is. */
function worstOf(figure: Figure, series: readonly Series[], moments: Moments): { readonly least: number; readonly most: number } {
  const all = series.map(each => {
    const value = measure(figure, each, moments)
    if (!value) throw new NoData(`there is no data for ${figure} of ${each.name}`)
    return value
  })
  return { least: Math.max(...all.map(({ least }) => least)), most: Math.max(...all.map(({ most }) => most)) }
}

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(3))
