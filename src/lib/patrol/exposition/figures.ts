import { safeName } from '../../net/exposition/family.ts'
import type { Watch } from '../watch.ts'

const prefix = 'opsctl_check_figure_'

/** A metric of what checks measure. */
export interface Figure {
  readonly name: string
  readonly help: string
  /** Keys of it in what was measured: those that Prometheus can not tell apart are one, and of each check the first counts. */
  readonly keys: readonly string[]
}

/** One for each name of a figure that some check has measured. */
export function figuresOf(watches: Iterable<Watch>): Figure[] {
  const seen = new Set<string>()
  const figures = new Map<string, { readonly name: string; readonly help: string; readonly keys: string[] }>()
  for (const { measured } of watches) {
    for (const key in measured?.metrics) {
      if (seen.has(key)) continue
      seen.add(key)
      const name = `${prefix}${safeName(key)}`
      const known = figures.get(name)
      if (known) known.keys.push(key)
      else figures.set(name, { name, help: `What the last look measured as ${key}.`, keys: [key] })
    }
  }
  return [...figures.values()]
}
