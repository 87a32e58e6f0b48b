import { type Family, labelText } from '../../net/exposition/family.ts'
import { LineBytes } from '../../net/exposition/line-bytes.ts'
import { worstTold } from '../standing/standing.ts'
import { type Status, statusOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { type CheckLabels, checkLabels } from './check-labels.ts'
import { type Figure, figuresOf } from './figures.ts'

/** A check as it is told. */
interface Shown {
  readonly watch: Watch
  readonly status: Status
  readonly labels: CheckLabels
}

/** A metric of checks: a line of each that has it. */
interface Column extends Pick<Family, 'name' | 'help'> {
  readonly type?: 'counter'
  /** Adds the lines of one check. */
  readonly add: (lines: LineBytes, shown: Shown) => void
}

/** What is known of every check now. */
export class CheckFamilies {
  readonly #labels = new WeakMap<Watch, CheckLabels>()

  /** Made as it is asked for, metric by metric: what a check tells in one of them may be of a later look than in the one before. */
  of(watches: Iterable<Watch>): Family[] {
    const lines = new LineBytes()
    const all: Shown[] = []
    for (const watch of watches) {
      const status = statusOf(watch)
      if (status !== 'off' && status !== 'pending') all.push({ watch, status, labels: this.#labelsOf(watch) })
    }
    const columns = [...columnsOf(), ...figuresOf(all.map(({ watch }) => watch)).map(columnOfFigure)]
    return columns.map(({ name, help, type, add }) => ({
      ...{ name, help, type: type ?? 'gauge', samples: [] },
      written: written(all, { lines, name: type === 'counter' ? `${name}_total` : name, add }),
    }))
  }

  #labelsOf(watch: Watch): CheckLabels {
    const known = this.#labels.get(watch)
    if (known) return known
    const labels = checkLabels(watch.subject.labels)
    this.#labels.set(watch, labels)
    return labels
  }
}

function* written(
  all: readonly Shown[],
  { lines, name, add }: { readonly lines: LineBytes } & Pick<Column, 'name' | 'add'>,
): Generator<Uint8Array> {
  lines.begin(name)
  for (const shown of all) {
    add(lines, shown)
    if (lines.isFull) yield lines.take()
  }
  const rest = lines.take()
  if (rest.length > 0) yield rest
}

const columnsOf = (): Column[] => {
  const besides: Besides = { reason: new Map(), dimension: new Map() }
  return [
    {
      name: 'opsctl_check_success',
      help: 'Whether the check stands well (1; a warning is well) or not (0).',
      add: (lines, { watch: { standing }, status, labels: { all } }) => {
        if (standing.looks > 0) lines.add(status === 'pass' || status === 'warn' ? 1 : 0, all)
      },
    },
    {
      name: 'opsctl_check_suppressed',
      help: 'Whether the check is not judged because of one that it depends on.',
      add: (lines, { status, labels: { all } }) => lines.add(status === 'suppressed' ? 1 : 0, all),
    },
    {
      name: 'opsctl_check_reason_info',
      help: 'Why the check does not stand well, as a label.',
      add: (lines, { watch: { standing }, status, labels: { besideReason } }) => {
        const reason = status === 'pass' || standing.looks === 0 ? undefined : worstTold(standing)?.reason
        if (reason !== undefined) lines.add(1, besideReason, beside(besides, 'reason', reason))
      },
    },
    {
      name: 'opsctl_check_dimension_success',
      help: 'Whether the dimension stands well.',
      add: (lines, { watch: { standing }, labels: { besideDimension } }) => {
        if (standing.looks === 0) return
        const { dimensions } = standing
        for (const dimension in dimensions) {
          const level = dimensions[dimension]?.level
          const pair = beside(besides, 'dimension', dimension)
          lines.add(level === 'pass' || level === 'warn' ? 1 : 0, besideDimension, pair)
        }
      },
    },
    {
      name: 'opsctl_check_duration_seconds',
      help: 'How long the last look took.',
      add: (lines, { watch: { standing, measured }, labels: { all } }) => {
        if (measured && standing.looks > 0) lines.add(inMicroseconds(measured.ms / 1000), all)
      },
    },
    {
      name: 'opsctl_check_last_look_timestamp_seconds',
      help: 'When it was last looked at.',
      add: (lines, { watch: { standing }, labels: { all } }) => {
        if (standing.looks > 0) lines.add(standing.lookedAt / 1000, all)
      },
    },
    {
      name: 'opsctl_check_looks',
      help: 'Looks at the check.',
      type: 'counter',
      add: (lines, { watch: { standing }, labels: { all } }) => {
        if (standing.looks > 0) lines.add(standing.looks, all)
      },
    },
    {
      name: 'opsctl_check_bad_looks',
      help: 'Looks that found it bad.',
      type: 'counter',
      add: (lines, { watch: { standing }, labels: { all } }) => {
        if (standing.looks > 0) lines.add(standing.badLooks, all)
      },
    },
  ]
}

function columnOfFigure({ name, help, keys }: Figure): Column {
  const [only = ''] = keys
  const isSeconds = name.endsWith('_seconds')
  const value =
    keys.length === 1
      ? (metrics: Metrics) => metrics[only]
      : (metrics: Metrics) => metrics[Object.keys(metrics).find(key => keys.includes(key)) ?? only]
  return {
    name,
    help,
    add: (lines, { watch: { measured, standing }, labels: { all } }) => {
      const figure = measured && standing.looks > 0 ? value(measured.metrics) : undefined
      if (figure !== undefined) lines.add(isSeconds ? inMicroseconds(figure) : figure, all)
    },
  }
}

/** Seconds: finer than that nothing here is measured. */
const inMicroseconds = (seconds: number): number => Math.round(seconds * 1e6) / 1e6

type Metrics = Readonly<Record<string, number>>

/** Labels of a scrape that many checks have, by their value, as they follow others. */
type Besides = Readonly<Record<'reason' | 'dimension', Map<string, Uint8Array>>>

function beside(besides: Besides, label: keyof Besides, value: string): Uint8Array {
  const known = besides[label].get(value)
  if (known) return known
  const pair = Buffer.from(`,${labelText({ [label]: value })}`)
  besides[label].set(value, pair)
  return pair
}
