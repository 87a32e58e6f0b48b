// Names, messages and output come from other machines: what they could do to a terminal (move the cursor, hide text, change the
// title, turn the reading direction) is shown and not done.

/** Text of several lines with every control character but tab and line feed made visible, as `cat -v` does. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replace(/[\x00-\x08\x0b-\x1f]/g, control => `^${String.fromCharCode(control.charCodeAt(0) + 64)}`)
    .replace(/[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, codePoint)
}

/** The same in one line: line feeds, tabs and runs of spaces become one space. */
export const oneLine = (text: string): string => visible(text.trim().replace(/[\r\n\t ]+/g, ' '))

const codePoint = (character: string): string => `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`
