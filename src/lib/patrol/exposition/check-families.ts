import { Column } from '../../net/exposition/column.ts'
import { numberText } from '../../net/exposition/exposition-text.ts'
import { type Family, labelText } from '../../net/exposition/family.ts'
import { worstTold } from '../standing/standing.ts'
import { type Status, statusOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { type CheckLabels, checkLabels } from './check-labels.ts'
import { FigureColumns } from './figure-columns.ts'

/** What is known of every check now. */
export class CheckFamilies {
  readonly #success = new Column({
    name: 'opsctl_check_success',
    help: 'Whether the check stands well (1; a warning is well) or not (0).',
  })
  readonly #suppressed = new Column({
    name: 'opsctl_check_suppressed',
    help: 'Whether the check is not judged because of one that it depends on.',
  })
  readonly #reason = new Column({
    name: 'opsctl_check_reason_info',
    help: 'Why the check does not stand well, as a label.',
  })
  readonly #dimension = new Column({ name: 'opsctl_check_dimension_success', help: 'Whether the dimension stands well.' })
  readonly #duration = new Column({ name: 'opsctl_check_duration_seconds', help: 'How long the last look took.' })
  readonly #lookedAt = new Column({
    name: 'opsctl_check_last_look_timestamp_seconds',
    help: 'When it was last looked at.',
  })
  readonly #looks = new Column({ name: 'opsctl_check_looks', help: 'Looks at the check.', type: 'counter' })
  readonly #badLooks = new Column({ name: 'opsctl_check_bad_looks', help: 'Looks that found it bad.', type: 'counter' })
  readonly #own = [
    this.#success,
    this.#suppressed,
    this.#reason,
    this.#dimension,
    this.#duration,
    this.#lookedAt,
    this.#looks,
    this.#badLooks,
  ]
  readonly #figures = new FigureColumns()
  readonly #labels = new WeakMap<Watch, CheckLabels>()

  /** Good until the next time: what is written is written over then. */
  of(watches: Iterable<Watch>): Family[] {
    for (const { lines } of this.#own) lines.clear()
    this.#figures.begin()
    const besides: Besides = { reason: new Map(), dimension: new Map() }
    for (const watch of watches) {
      const status = statusOf(watch)
      if (status !== 'off' && status !== 'pending') this.#add(watch, status, besides)
    }
    return [...this.#own, ...this.#figures.end()].map(({ family }) => family)
  }

  #add(watch: Watch, status: Status, besides: Besides): void {
    const { standing, measured } = watch
    const labels = this.#labelsOf(watch)
    const { all } = labels
    this.#suppressed.lines.add(status === 'suppressed' ? '1' : '0', all)
    if (standing.looks === 0) return
    this.#success.lines.add(status === 'pass' || status === 'warn' ? '1' : '0', all)
    this.#looks.lines.add(String(standing.looks), all)
    this.#badLooks.lines.add(String(standing.badLooks), all)
    this.#lookedAt.lines.add(numberText(standing.lookedAt / 1000), all)
    const reason = status === 'pass' ? undefined : worstTold(standing)?.reason
    if (reason !== undefined) this.#reason.lines.add('1', labels.besideReason, beside(besides, 'reason', reason))
    const { dimensions } = standing
    for (const dimension in dimensions) {
      const level = dimensions[dimension]?.level
      const pair = beside(besides, 'dimension', dimension)
      this.#dimension.lines.add(level === 'pass' || level === 'warn' ? '1' : '0', labels.besideDimension, pair)
    }
    if (!measured) return
    this.#duration.lines.add(numberText(measured.ms / 1000), all)
    this.#figures.add(measured.metrics, all)
  }

  #labelsOf(watch: Watch): CheckLabels {
    const known = this.#labels.get(watch)
    if (known) return known
    const labels = checkLabels(watch.subject.labels)
    this.#labels.set(watch, labels)
    return labels
  }
}

/** Labels of a scrape that many checks have, by their value, as they follow others. */
type Besides = Readonly<Record<'reason' | 'dimension', Map<string, Uint8Array>>>

function beside(besides: Besides, label: keyof Besides, value: string): Uint8Array {
  const known = besides[label].get(value)
  if (known) return known
  const pair = Buffer.from(`,${labelText({ [label]: value })}`)
  besides[label].set(value, pair)
  return pair
}
