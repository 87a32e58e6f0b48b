import { html, type Markup } from '../../render/page/markup.ts'
import { type Standing, signOf } from '../../render/standing.ts'
import type { CheckView, Status } from '../view.ts'

interface StatusLook {
  readonly sign: string
  /** As it stands after a number: `3 failing`. */
  readonly word: string
  /** Its class, which gives the colour. */
  readonly tone: Standing
}

/** How a status is shown, most urgent first: by a sign, a word and a colour. */
export const statusLooks: Readonly<Record<Status, StatusLook>> = {
  fail: { sign: signOf.bad, word: 'failing', tone: 'bad' },
  unknown: { sign: signOf.unknown, word: 'unknown', tone: 'unknown' },
  warn: { sign: signOf.warn, word: 'warning', tone: 'warn' },
  suppressed: { sign: '↳', word: 'suppressed', tone: 'skipped' },
  pending: { sign: '…', word: 'pending', tone: 'skipped' },
  off: { sign: '–', word: 'off', tone: 'skipped' },
  pass: { sign: signOf.good, word: 'well', tone: 'good' },
}

/** Most urgent first. */
export const statuses: readonly Status[] = ['fail', 'unknown', 'warn', 'suppressed', 'pending', 'off', 'pass']

/** Of those that somebody has to look after. */
export const problems: readonly Status[] = ['fail', 'unknown', 'warn']

/** It is shown at once; what is quiet may be folded away. */
export const isLoud = ({ status, flapping }: Pick<CheckView, 'status' | 'flapping'>): boolean =>
  problems.includes(status) || (status === 'pass' && flapping)

/** `✗ failing`, in its colour. */
export function statusMark(status: Status): Markup {
  const { sign, word, tone } = statusLooks[status]
  return html`<span class="st ${tone}"><b aria-hidden="true">${sign}</b> ${word}</span>`
}
