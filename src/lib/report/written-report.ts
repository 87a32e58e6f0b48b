import type { Item, OutputRef } from '../core/item.ts'
import type { Report } from '../core/report.ts'

/** Remote output as a document holds it. */
export interface WrittenOutput extends Omit<OutputRef, 'id'> {
  readonly text: string
  readonly truncated: boolean
}

/** An item as `-o json` writes it. */
export interface WrittenItem extends Omit<Item, 'output' | 'metrics'> {
  /** null: a number that JSON can not write. */
  readonly metrics?: Readonly<Record<string, number | null>>
  readonly output?: { readonly stdout?: WrittenOutput; readonly stderr?: WrittenOutput }
}

/** A report as `-o json` writes it: reportSchema holds for it. */
export interface WrittenReport extends Omit<Report, 'items' | 'blocks' | 'pending'> {
  readonly exitCode: number
  readonly items: readonly WrittenItem[]
  readonly blocks?: readonly { readonly diff?: string }[]
}
