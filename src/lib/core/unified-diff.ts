import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'

interface Side {
  readonly name: string
  readonly text: string
}

/** The unified diff between two texts, three lines of context; empty when they are the same. */
export function unifiedDiff(before: Side, after: Side): string {
  if (before.text === after.text) return ''
  return createTwoFilesPatch(before.name, after.name, before.text, after.text, '', '', {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  })
}
