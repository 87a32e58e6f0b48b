import { OpsError } from '../../core/errors.ts'

const windowWidth = 72

/** What is wrong with a node set, and where: `at` counts characters from zero. */
export interface NodeSetFault {
  readonly text: string
  readonly at: number
  readonly problem: string
  readonly hint?: string
}

/** The fault with the text and a caret under the wrong place. `data.column` counts from one. */
export function nodeSetError({ text, at, problem, hint }: NodeSetFault): OpsError {
  const start = Math.max(0, Math.min(at - windowWidth / 2, text.length - windowWidth))
  const before = start > 0 ? '…' : ''
  const after = start + windowWidth < text.length ? '…' : ''
  const shown = before + text.slice(start, start + windowWidth).replace(/\s/g, ' ') + after
  const caret = `${' '.repeat(before.length + at - start)}^`
  return new OpsError('E_NODE_SET', `${problem}\n  ${shown}\n  ${caret}`, {
    ...(hint === undefined ? {} : { hint }),
    data: { text, column: at + 1 },
  })
}
