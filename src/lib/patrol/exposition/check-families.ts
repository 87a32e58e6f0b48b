import { worstTold } from '../standing/standing.ts'
import { statusOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { type CheckLabels, checkLabels } from './check-labels.ts'
import { type Family, labelText, type Sample, safeName } from './family.ts'

/** What is known of every check now, a series each. */
export class CheckFamilies {
  /** Labels as text, made once for each check. */
  readonly #labels = new WeakMap<Watch, CheckLabels>()

  of(watches: Iterable<Watch>): Family[] {
    const success: Sample[] = []
    const suppressed: Sample[] = []
    const reasons: Sample[] = []
    const durations: Sample[] = []
    const lookedAt: Sample[] = []
    const looks: Sample[] = []
    const failures: Sample[] = []
    const dimensions: Sample[] = []
    const figures = new Figures()
    for (const watch of watches) {
      const { standing, measured } = watch
      const { all: labels, besideReason, besideDimension } = this.#labelsOf(watch)
      const status = statusOf(watch)
      if (status === 'off' || status === 'pending') continue
      const isGood = status === 'pass' || status === 'warn'
      suppressed.push({ labels, value: status === 'suppressed' ? 1 : 0 })
      if (standing.looks === 0) continue
      success.push({ labels, value: isGood ? 1 : 0 })
      looks.push({ labels, value: standing.looks })
      failures.push({ labels, value: standing.badLooks })
      lookedAt.push({ labels, value: standing.lookedAt / 1000 })
      const reason = status === 'pass' ? undefined : worstTold(standing)?.reason
      if (reason !== undefined) reasons.push({ labels: `${besideReason},${labelText({ reason })}`, value: 1 })
      for (const [dimension, { level }] of Object.entries(standing.dimensions))
        dimensions.push({
          labels: `${besideDimension},${labelText({ dimension })}`,
          value: level === 'pass' || level === 'warn' ? 1 : 0,
        })
      if (!measured) continue
      durations.push({ labels, value: measured.ms / 1000 })
      for (const name in measured.metrics) figures.add(name, { labels, value: measured.metrics[name] ?? Number.NaN })
    }
    return [
      gauge('opsctl_check_success', 'Whether the check stands well (1; a warning is well) or not (0).', success),
      gauge('opsctl_check_suppressed', 'Whether the check is not judged because of one that it depends on.', suppressed),
      gauge('opsctl_check_reason_info', 'Why the check does not stand well, as a label.', reasons),
      gauge('opsctl_check_dimension_success', 'Whether the dimension stands well.', dimensions),
      gauge('opsctl_check_duration_seconds', 'How long the last look took.', durations),
      gauge('opsctl_check_last_look_timestamp_seconds', 'When it was last looked at.', lookedAt),
      { name: 'opsctl_check_looks', help: 'Looks at the check.', type: 'counter', samples: looks },
      { name: 'opsctl_check_bad_looks', help: 'Looks that found it bad.', type: 'counter', samples: failures },
      ...figures.families(),
    ]
  }

  #labelsOf(watch: Watch): CheckLabels {
    const known = this.#labels.get(watch) ?? checkLabels(watch.subject.labels)
    this.#labels.set(watch, known)
    return known
  }
}

/** What looks measured, by name. Names that Prometheus can not tell apart are one. */
class Figures {
  readonly #bySafeName = new Map<string, { readonly name: string; readonly samples: Sample[] }>()
  readonly #byName = new Map<string, Sample[]>()

  add(name: string, sample: Sample): void {
    const samples = this.#byName.get(name) ?? this.#begun(name)
    if (samples.at(-1)?.labels !== sample.labels) samples.push(sample)
  }

  families(): Family[] {
    return [...this.#bySafeName].map(([safe, { name, samples }]) =>
      gauge(`opsctl_check_figure_${safe}`, `What the last look measured as ${name}.`, samples),
    )
  }

  #begun(name: string): Sample[] {
    const safe = safeName(name)
    const { samples } = this.#bySafeName.get(safe) ?? { samples: [] }
    if (!this.#bySafeName.has(safe)) this.#bySafeName.set(safe, { name, samples })
    this.#byName.set(name, samples)
    return samples
  }
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, help, type: 'gauge', samples })
