import { formatDuration } from '../../core/duration.ts'
import type { Order } from './condition/comparisons.ts'
import type { Condition } from './condition/condition.ts'
import type { Judgement } from './measure/gauge.ts'
import { figure, percent, quantityText } from './quantity.ts'
import type { Measure, Rule } from './rule.ts'
import { oneLine, type SummaryFields, summaryOf } from './summary.ts'

const maxSummary = 300

/** Values of the fields by which a rule tells records apart. */
export type GroupFields = Readonly<Record<string, string>>

/** Whom it is about: `shop`, `/cart, web1`, or the rule itself. */
export const whomOf = ({ name, labels }: Rule, fields: GroupFields): string => {
  const values = Object.values(fields).map(value => value || 'none')
  return values.length > 0 ? values.join(', ') : (labels['service'] ?? name)
}

/** `5xx share of shop is 14.2 % (71 of 500) over 1m, more than 10 %`. */
export function summaryOfRule(rule: Rule, fields: GroupFields, judgement: Judgement): string {
  const { measure } = rule
  const whom = whomOf(rule, fields)
  const [value, bound] = [valueText(measure, judgement), boundText(measure)]
  const text = oneLine(`${figureWords(rule, whom, judgement)}${measure.kind === 'absence' ? '' : `, ${bound}`}`, maxSummary)
  if (rule.summary === undefined) return text
  const told: SummaryFields = {
    rule: rule.name,
    text,
    group: whom,
    value,
    hits: String(judgement.hits),
    base: String(judgement.base),
    over: formatDuration(rule.overMs),
    bound,
    severity: rule.severity,
  }
  return summaryOf(rule.summary, told, { ...rule.labels, ...fields })
}

/** The same at the end: `5xx share of shop is 2.1 % (4 of 190) over 1m, no longer more than 10 %, after 3m`. */
export function overSummary(
  rule: Rule,
  fields: GroupFields,
  { judgement, afterMs }: { readonly judgement: Judgement | undefined; readonly afterMs: number },
): string {
  const { measure } = rule
  const whom = whomOf(rule, fields)
  const after = `after ${formatDuration(Math.round(afterMs / 1000) * 1000)}`
  if (measure.kind === 'absence') return oneLine(`${nounOf(measure.of)} of ${whom} again ${after}`, maxSummary)
  if (judgement === undefined) return oneLine(`${whom}: the rule ${rule.name} does not hold any more ${after}`, maxSummary)
  return oneLine(`${figureWords(rule, whom, judgement)}, no longer ${boundText(measure)}, ${after}`, maxSummary)
}

function figureWords({ measure, overMs }: Rule, whom: string, judgement: Judgement): string {
  const { hits, base } = judgement
  const value = valueText(measure, judgement)
  const over = `over ${formatDuration(overMs)}`
  switch (measure.kind) {
    case 'count':
      return `${nounOf(measure.of)} of ${whom} are ${value} ${over}`
    case 'ratio':
      return `${nounOf(measure.of)} share of ${whom} is ${value} (${hits} of ${base}) ${over}`
    case 'percentile':
      return `p${figure(measure.percent)} ${measure.field} of ${whom} is ${value} (${base} lines) ${over}`
    case 'threshold': {
      const beyond = `${measure.field} of ${whom}`
      if (measure.times)
        return `${beyond} is ${orderWords(measure.order)} ${quantityText(measure.limit)} in ${hits} of the last ${base}`
      if (measure.share)
        return `${beyond} is ${orderWords(measure.order)} ${quantityText(measure.limit)} in ${value} (${hits} of ${base}) ${over}`
      return `${beyond} is ${value}${hits > 1 ? ` (${hits} lines of ${base})` : ''} ${over}`
    }
    case 'absence':
      return `no ${nounOf(measure.of)} of ${whom} for ${value}`
    case 'lines':
      return `${whom}: ${measure.of.text}`
  }
}

function valueText(measure: Measure, { value }: Judgement): string {
  if (Number.isNaN(value)) return 'not known'
  switch (measure.kind) {
    case 'ratio':
      return percent(value)
    case 'percentile':
      return quantityText({ value, unit: measure.limit.unit })
    case 'threshold':
      if (measure.times) return String(value)
      return measure.share ? percent(value) : quantityText({ value, unit: measure.limit.unit })
    case 'absence':
      return formatDuration(Math.floor(value / 1000) * 1000)
    default:
      return figure(value)
  }
}

function boundText(measure: Measure): string {
  switch (measure.kind) {
    case 'count':
      return `${orderWords(measure.bound.order)} ${figure(measure.bound.value)}`
    case 'ratio':
      return `${orderWords(measure.bound.order)} ${percent(measure.bound.value)}`
    case 'percentile':
      return `${orderWords(measure.order)} ${quantityText(measure.limit)}`
    case 'threshold':
      if (measure.times) return `at least ${measure.times.hits}`
      return measure.share
        ? `more than ${percent(measure.share.value)}`
        : `${orderWords(measure.order)} ${quantityText(measure.limit)}`
    case 'absence':
      return `for ${formatDuration(measure.afterMs)}`
    case 'lines':
      return ''
  }
}

const orderWords = (order: Order): string => ({ '>': 'more than', '>=': 'at least', '<': 'less than', '<=': 'at most' })[order]

/** `status: 5xx` is told as people do. */
const nounOf = ({ text }: Condition): string => /^status: (\dxx)$/.exec(text)?.[1] ?? text
