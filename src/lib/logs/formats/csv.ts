import { type Format, Misfit } from './format.ts'
import { jsonCount } from './number.ts'
import { Heading, textFormat } from './text-format.ts'

const cell = /("(?:[^"]|"")*"|[^,"]*)(,|$)/y

/** RFC 4180 within a line. Columns are named by `columns`, else by the first line of each source. An empty cell that is not quoted is absent. */
export function csv(columns?: readonly string[]): Format {
  return textFormat('csv', memory => {
    let names = columns ?? (Array.isArray(memory) ? memory.map(String) : undefined)
    return line => {
      const cells = cellsOf(line)
      if (cells === undefined) return new Misfit('has a quote in the wrong place')
      if (names === undefined) {
        names = cells.map(textOf)
        return new Heading(names)
      }
      if (cells.length !== names.length) return new Misfit('has another number of columns')
      const members = cells.flatMap((value, index) =>
        value === '' ? [] : [`${JSON.stringify(names?.[index])}:${cellValue(value)}`],
      )
      return `{${members.join(',')}}`
    }
  })
}

function cellsOf(line: string): string[] | undefined {
  const cells: string[] = []
  for (cell.lastIndex = 0; ; ) {
    const [, text, end] = cell.exec(line) ?? []
    if (text === undefined) return undefined
    cells.push(text)
    if (end === '') return cells
  }
}

const textOf = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text)

function cellValue(text: string): string {
  const plain = textOf(text)
  const number = text.startsWith('"') ? undefined : jsonCount(text)
  return number ?? JSON.stringify(plain)
}
