import type { Style } from '../core/component.ts'

interface TableEnv {
  readonly width: number
  readonly style: Pick<Style, 'name'>
}

/** Names on the left, texts wrapped on the right, indented by two. A name that is too long stands on a line of its own. */
export function textTable(rows: readonly (readonly [string, string])[], { width, style }: TableEnv): string {
  const left = Math.min(30, Math.max(...rows.map(([name]) => name.length), 0))
  return rows
    .map(([name, text]) => {
      const body = wrap(text, Math.max(30, width - left - 4)).replaceAll('\n', `\n${' '.repeat(left + 4)}`)
      return name.length > left
        ? `  ${style.name(name)}\n${' '.repeat(left + 4)}${body}`
        : `  ${style.name(name.padEnd(left))}  ${body}`
    })
    .join('\n')
}

/** Breaks lines between words; a word that is wider than a line stays whole. */
export function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map(paragraph => {
      const lines: string[] = []
      let line = ''
      for (const word of paragraph.split(' ')) {
        if (line !== '' && line.length + 1 + word.length > width) {
          lines.push(line)
          line = word
        } else line = line === '' ? word : `${line} ${word}`
      }
      return [...lines, line].join('\n')
    })
    .join('\n')
}
