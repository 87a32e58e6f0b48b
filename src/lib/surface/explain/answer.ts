import type { Context } from '../../core/context.ts'
import type { Document } from '../../core/report.ts'
import { textTable, wrap } from '../text-table.ts'

/** An explanation for people, and the same as data. */
export interface Answer {
  readonly text: string
  readonly data: Document['data']
}

/** Lays text out for the terminal, or for 100 columns where there is none. */
export interface Page {
  table(rows: readonly (readonly [string, string])[]): string
  paragraph(text: string): string
}

export function pageOf({ io }: Pick<Context, 'io'>): Page {
  const width = io.stdout.isTerminal ? Math.min(io.stdout.columns, 120) : 100
  return {
    table: rows => textTable(rows, { width, style: { name: text => text } }),
    paragraph: text => wrap(text, width),
  }
}
