import { Column } from '../../net/exposition/column.ts'
import { numberText } from '../../net/exposition/exposition-text.ts'
import { safeName } from '../../net/exposition/family.ts'

const prefix = 'opsctl_check_figure_'

/** What checks measure, a metric for each name of a figure. Those that no check measures any more are forgotten. */
export class FigureColumns {
  /** By the name of their metric. */
  readonly #columns = new Map<string, FigureColumn>()
  /** In this scrape, by the name of their figure: the names of most checks are the same. */
  readonly #byFigure = new Map<string, FigureColumn>()
  #checks = 0

  begin(): void {
    for (const found of this.#columns.values()) {
      found.column.lines.clear()
      found.lastCheck = 0
    }
    this.#byFigure.clear()
    this.#checks = 0
  }

  /** The figures of one check. */
  add(metrics: Readonly<Record<string, number>>, labels: Uint8Array): void {
    this.#checks++
    for (const figure in metrics) {
      const of = this.#byFigure.get(figure) ?? this.#found(figure)
      // Names that Prometheus can not tell apart are one.
      if (of.lastCheck === this.#checks) continue
      of.lastCheck = this.#checks
      of.column.lines.add(numberText(metrics[figure] ?? Number.NaN), labels)
    }
  }

  end(): Column[] {
    for (const [name, { column }] of this.#columns) if (column.lines.bytes.length === 0) this.#columns.delete(name)
    this.#byFigure.clear()
    return [...this.#columns.values()].map(({ column }) => column)
  }

  #found(figure: string): FigureColumn {
    const name = `${prefix}${safeName(figure)}`
    const help = `What the last look measured as ${figure}.`
    const found = this.#columns.get(name) ?? { column: new Column({ name, help }), lastCheck: 0 }
    this.#columns.set(name, found)
    this.#byFigure.set(figure, found)
    return found
  }
}

interface FigureColumn {
  readonly column: Column
  /** The number of the last one that has it, in this scrape. */
  lastCheck: number
}
