/**
 * A line of a host as it may go to the terminal of a person: colours stay, what would move the cursor, clear the screen, change the title or
 * ask the terminal for something goes, other control characters are made visible as `cat -v` shows them. Where colours were, the line
 * ends without, so that none reach the next host. Bytes are not decoded: what is not UTF-8 passes unchanged.
 */
export function terminalLine(line: Uint8Array): Uint8Array {
  if (!line.some(isSuspect)) return line
  let hasColour = false
  const text = Buffer.from(line)
    .toString('latin1')
    .replace(/(?<!\r)\r+(?=\n?$)/, '')
    .replace(control, found => {
      if (colour.test(found)) {
        hasColour = true
        return found
      }
      return visible(found)
    })
    // What stood around a sequence that went has come together.
    .replace(c1, visible)
  return Buffer.from(hasColour ? text.replace(/(?=\n?$)/, '\x1b[0m') : text, 'latin1')
}

/** Control characters but tab and line feed, and the lead byte of U+0080 to U+00BF in UTF-8. */
const isSuspect = (byte: number): boolean => (byte < 0x20 && byte !== 0x09 && byte !== 0x0a) || byte === 0x7f || byte === 0xc2

/**
 * ECMA-48: a control sequence, a control string up to its terminator, another escape sequence, or a lone control character; those of
 * U+0080 to U+009F stand in UTF-8.
 */
const control =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\n\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])?|[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/g

const c1 = /\xc2[\x80-\x9f]/g
const colour = /^\x1b\[[0-9;:]*m$/

/** Nothing for a whole sequence. */
function visible(found: string): string {
  const code = found.charCodeAt(0)
  if (code === 0xc2) return `<U+00${found.charCodeAt(1).toString(16).toUpperCase()}>`
  if (found.length > 1) return ''
  return code === 0x7f ? '^?' : `^${String.fromCharCode(code + 64)}`
}
