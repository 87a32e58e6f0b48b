import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatchHunk, structuredPatch } from 'diff'

interface Side {
  readonly name: string
  readonly text: string
}

const context = 3

/** Where more lines than this differ, they are not compared with each other: that would take time with the square of their number. */
const maxEdits = 500

/**
 * The unified diff between two texts, three lines of context; empty when they are the same. Always a correct one; where very much
 * differs not the shortest, but everything between the first and the last difference replaced.
 */
export function unifiedDiff(before: Side, after: Side): string {
  if (before.text === after.text) return ''
  const [old, now] = [linesOf(before.text), linesOf(after.text)]
  const same = sameEnds(old, now)
  const head = Math.min(same.head, context)
  const tail = Math.min(same.tail, context)
  const skipped = same.head - head
  const cut = (lines: readonly string[]): string[] => lines.slice(skipped, lines.length - same.tail + tail)
  const hunks = hunksOf({ old: cut(old), now: cut(now), head, tail })
  const shifted = hunks.map(hunk => ({ ...hunk, oldStart: hunk.oldStart + skipped, newStart: hunk.newStart + skipped }))
  const patch = { oldFileName: before.name, newFileName: after.name, oldHeader: '', newHeader: '', hunks: shifted }
  return formatPatch(patch, { ...FILE_HEADERS_ONLY })
}

const unended = '\n\\ No newline at end of file'

/** Without their line feeds, and therefore without copies; a last one that has none carries what a diff says of it. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  const last = lines.pop()
  if (last) lines.push(last + unended)
  return lines
}

/** The text that has these lines. */
function textOf(lines: readonly string[]): string {
  const text = lines.map(line => `${line}\n`).join('')
  return lines.at(-1)?.endsWith(unended) ? text.slice(0, -unended.length - 1) : text
}

/** How many lines are the same at the beginning and at the end; none counts twice. */
function sameEnds(old: readonly string[], now: readonly string[]): { readonly head: number; readonly tail: number } {
  const most = Math.min(old.length, now.length)
  let head = 0
  while (head < most && old[head] === now[head]) head++
  let tail = 0
  while (tail < most - head && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail++
  return { head, tail }
}

interface Middle {
  readonly old: readonly string[]
  readonly now: readonly string[]
  /** So many lines at its beginning and end are the same on both sides. */
  readonly head: number
  readonly tail: number
}

function hunksOf(middle: Middle): readonly StructuredPatchHunk[] {
  const { old, now, head, tail } = middle
  const isOneSided = Math.min(old.length, now.length) === head + tail
  const patch = isOneSided
    ? undefined
    : structuredPatch('', '', textOf(old), textOf(now), '', '', { context, maxEditLength: maxEdits })
  return patch?.hunks ?? [replacement(middle)]
}

function replacement({ old, now, head, tail }: Middle): StructuredPatchHunk {
  const changed = (lines: readonly string[]): string[] => lines.slice(head, lines.length - tail)
  const marked = (mark: string, lines: readonly string[]): string[] => lines.map(line => mark + line)
  const lines = [
    ...marked(' ', old.slice(0, head)),
    ...marked('-', changed(old)),
    ...marked('+', changed(now)),
    ...marked(' ', old.slice(old.length - tail)),
  ]
  return { oldStart: 1, oldLines: old.length, newStart: 1, newLines: now.length, lines }
}
