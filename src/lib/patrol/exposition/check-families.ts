import type { Standing } from '../standing/standing.ts'
import { worstTold } from '../standing/standing.ts'
import { type Status, statusOf } from '../view.ts'
import type { Measured, Watch } from '../watch.ts'
import { type CheckLabels, checkLabels } from './check-labels.ts'
import { numberText } from './exposition-text.ts'
import { type Family, labelText, safeName } from './family.ts'

const gauges = {
  opsctl_check_success: 'Whether the check stands well (1; a warning is well) or not (0).',
  opsctl_check_suppressed: 'Whether the check is not judged because of one that it depends on.',
  opsctl_check_reason_info: 'Why the check does not stand well, as a label.',
  opsctl_check_dimension_success: 'Whether the dimension stands well.',
  opsctl_check_duration_seconds: 'How long the last look took.',
  opsctl_check_last_look_timestamp_seconds: 'When it was last looked at.',
} as const
const counters = {
  opsctl_check_looks: 'Looks at the check.',
  opsctl_check_bad_looks: 'Looks that found it bad.',
} as const

const figurePrefix = 'opsctl_check_figure_'

/** Lines of one check, by the name of their metric, and what they were written from. */
interface WrittenCheck {
  readonly status: Status
  readonly standing: Standing
  readonly measured: Measured | undefined
  readonly labels: CheckLabels
  readonly lines: ReadonlyMap<string, string>
  /** Names of figures as the check calls them, by the name of their metric. */
  readonly figures: ReadonlyMap<string, string>
}

/** What is known of every check now. Lines of a check are written anew only after a look: most have none from one scrape to the next. */
export class CheckFamilies {
  readonly #written = new WeakMap<Watch, WrittenCheck>()

  of(watches: Iterable<Watch>): Family[] {
    const families = new Map<string, { readonly family: Family; readonly written: string[] }>()
    const add = (name: string, type: Family['type'], help: string): void => {
      const written: string[] = []
      families.set(name, { family: { name, help, type, samples: [], written }, written })
    }
    for (const [name, help] of Object.entries(gauges)) add(name, 'gauge', help)
    for (const [name, help] of Object.entries(counters)) add(name, 'counter', help)
    for (const watch of watches) {
      const { lines, figures } = this.#writtenOf(watch)
      for (const [name, line] of lines) {
        if (!families.has(name)) add(name, 'gauge', `What the last look measured as ${figures.get(name)}.`)
        families.get(name)?.written.push(line)
      }
    }
    return [...families.values()].map(({ family }) => family)
  }

  #writtenOf(watch: Watch): WrittenCheck {
    const known = this.#written.get(watch)
    const { standing, measured } = watch
    const status = statusOf(watch)
    if (known && known.standing === standing && known.measured === measured && known.status === status) return known
    const labels = known?.labels ?? checkLabels(watch.subject.labels)
    const written = { status, standing, measured, labels, ...linesOf({ status, standing, measured, labels }) }
    this.#written.set(watch, written)
    return written
  }
}

function linesOf({
  status,
  standing,
  measured,
  labels: { all, besideReason, besideDimension },
}: Omit<WrittenCheck, 'lines' | 'figures'>): Pick<WrittenCheck, 'lines' | 'figures'> {
  const lines = new Map<string, string>()
  const figures = new Map<string, string>()
  if (status === 'off' || status === 'pending') return { lines, figures }
  const put = (name: string, labels: string, value: number): void =>
    void lines.set(name, `${name}{${labels}} ${numberText(value)}`)
  put('opsctl_check_suppressed', all, status === 'suppressed' ? 1 : 0)
  if (standing.looks === 0) return { lines, figures }
  put('opsctl_check_success', all, status === 'pass' || status === 'warn' ? 1 : 0)
  lines.set('opsctl_check_looks', `opsctl_check_looks_total{${all}} ${standing.looks}`)
  lines.set('opsctl_check_bad_looks', `opsctl_check_bad_looks_total{${all}} ${standing.badLooks}`)
  put('opsctl_check_last_look_timestamp_seconds', all, standing.lookedAt / 1000)
  const reason = status === 'pass' ? undefined : worstTold(standing)?.reason
  if (reason !== undefined) put('opsctl_check_reason_info', `${besideReason},${labelText({ reason })}`, 1)
  const ofDimensions = Object.entries(standing.dimensions).map(([dimension, { level }]) => {
    const isGood = level === 'pass' || level === 'warn'
    return `opsctl_check_dimension_success{${besideDimension},${labelText({ dimension })}} ${isGood ? 1 : 0}`
  })
  if (ofDimensions.length > 0) lines.set('opsctl_check_dimension_success', ofDimensions.join('\n'))
  if (!measured) return { lines, figures }
  put('opsctl_check_duration_seconds', all, measured.ms / 1000)
  for (const [figure, value] of Object.entries(measured.metrics)) {
    const name = `${figurePrefix}${safeName(figure)}`
    // Names that Prometheus can not tell apart are one.
    if (lines.has(name)) continue
    put(name, all, value)
    figures.set(name, figure)
  }
  return { lines, figures }
}
