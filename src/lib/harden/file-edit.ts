import type { Facts, FixStep } from '../core/rule.ts'
import { editLines } from '../plan/steps/line-edit.ts'

interface Line {
  readonly line: string
  /** Regular expression: the last line that it finds is replaced. */
  readonly match: string
}

/**
 * A step that writes a file with these lines in the place of others. All edits of one file are one step: the next one would find it
 * changed. Undefined where the file is not known as plain text.
 */
export function fileEdit({ texts }: Facts, path: string, lines: readonly Line[]): FixStep | undefined {
  const fact = texts.find(text => text.path === path)
  if (fact?.status !== 'text' || !isPlain(fact.text)) return undefined
  const edited = lines.reduce<Buffer>(
    (text, line) => editLines(text, { ...line, state: 'present' }) ?? text,
    Buffer.from(fact.text),
  )
  return { kind: 'write-file', params: { path, content: edited.toString() } }
}

/** False for what did not come from UTF-8: writing it again would change it. */
export const isPlain = (text: string): boolean => !text.includes('\uFFFD')
