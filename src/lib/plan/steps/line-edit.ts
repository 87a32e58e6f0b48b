import { StepError } from '../../core/plan.ts'

export interface LineEdit {
  readonly line: string
  /** Regular expression with the flag `u`. */
  readonly match?: string | undefined
  readonly state: 'present' | 'absent'
}

/** A content with the line put in or taken out; undefined when nothing is to change. Line ends and all other bytes stay. @throws StepError */
export function editLines(content: Buffer, edit: LineEdit): Buffer | undefined {
  const encoding = encodingOf(content)
  if (encoding === 'latin1' && /[^\0-\xff]/.test(edit.line)) {
    throw new StepError(`the file is not UTF-8, and its encoding has no place for '${edit.line}'`)
  }
  const text = content.toString(encoding)
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const changed = (edit.state === 'present' ? withLine(lines, edit) : withoutLine(lines, edit)).join('')
  return changed === text ? undefined : Buffer.from(changed, encoding)
}

function withLine(lines: readonly string[], { line, match }: LineEdit): string[] {
  if (lines.some(old => bare(old) === line)) return [...lines]
  const end = lines.find(old => old.endsWith('\n'))?.endsWith('\r\n') ? '\r\n' : '\n'
  const at = match === undefined ? -1 : lines.findLastIndex(old => new RegExp(match, 'u').test(bare(old)))
  if (at !== -1) return lines.with(at, line + (lines[at]?.slice(bare(lines[at]).length) ?? end))
  const last = lines.at(-1)
  return [...lines.slice(0, -1), ...(last === undefined ? [] : [last.endsWith('\n') ? last : last + end]), line + end]
}

function withoutLine(lines: readonly string[], { line, match }: LineEdit): string[] {
  return lines.filter(old => bare(old) !== line && !(match !== undefined && new RegExp(match, 'u').test(bare(old))))
}

const bare = (line: string): string => line.replace(/\r?\n$/, '')

/** UTF-8 where it is valid; else every byte is one letter, so that all of them come back as they were. */
function encodingOf(content: Buffer): 'utf8' | 'latin1' {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content)
    return 'utf8'
  } catch {
    return 'latin1'
  }
}
