/**
 * Words of a line as Python's `shlex.split(line, comments=True)` has them: quotes, backslashes, and `#` as the start of a comment even inside a
 * word. The string says what is wrong.
 */
export function shellWords(line: string): string[] | string {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? ''
    if (character === '#') break
    if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (character === '\\') {
      if (++at >= line.length) return 'nothing after the last backslash'
      word = (word ?? '') + line[at]
    } else if (character === '"' || character === "'") {
      const quoted = readQuoted(line, at)
      if (quoted === undefined) return `no closing ${character}`
      word = (word ?? '') + quoted.text
      at = quoted.end
    } else {
      word = (word ?? '') + character
    }
  }
  return word === undefined ? words : [...words, word]
}

/** Between double quotes a backslash protects a quote or a backslash, between single ones nothing. */
function readQuoted(line: string, open: number): { text: string; end: number } | undefined {
  const quote = line[open]
  let text = ''
  for (let at = open + 1; at < line.length; at++) {
    if (line[at] === quote) return { text, end: at }
    if (quote === '"' && line[at] === '\\' && (line[at + 1] === '"' || line[at + 1] === '\\')) at++
    text += line[at]
  }
  return undefined
}
