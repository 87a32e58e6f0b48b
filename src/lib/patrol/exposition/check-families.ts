import { worstTold } from '../standing/standing.ts'
import { statusOf } from '../view.ts'
import type { Watch } from '../watch.ts'
import { type Family, labelText, type Sample, safeName } from './family.ts'

/** What is known of every check now, a series each. */
export class CheckFamilies {
  /** Labels as text, made once for each check. */
  readonly #labels = new WeakMap<Watch, string>()

  of(watches: Iterable<Watch>): Family[] {
    const success: Sample[] = []
    const suppressed: Sample[] = []
    const reasons: Sample[] = []
    const durations: Sample[] = []
    const lookedAt: Sample[] = []
    const looks: Sample[] = []
    const failures: Sample[] = []
    const dimensions: Sample[] = []
    const metrics = new Map<string, Sample[]>()
    for (const watch of watches) {
      const { standing, measured } = watch
      const labels = this.#labelsOf(watch)
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
      if (reason !== undefined) reasons.push({ labels: `${labels},reason="${reason}"`, value: 1 })
      for (const [name, { level }] of Object.entries(standing.dimensions))
        dimensions.push({
          labels: `${labels},dimension="${safeName(name)}"`,
          value: level === 'pass' || level === 'warn' ? 1 : 0,
        })
      if (!measured) continue
      durations.push({ labels, value: measured.ms / 1000 })
      for (const [name, value] of Object.entries(measured.metrics)) {
        const known = metrics.get(name)
        if (known) known.push({ labels, value })
        else metrics.set(name, [{ labels, value }])
      }
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
      ...[...metrics].map(([name, samples]) =>
        gauge(`opsctl_check_figure_${safeName(name)}`, `What the last look measured as ${name}.`, samples),
      ),
    ]
  }

  #labelsOf(watch: Watch): string {
    const known = this.#labels.get(watch) ?? labelText(watch.subject.labels)
    this.#labels.set(watch, known)
    return known
  }
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, help, type: 'gauge', samples })
