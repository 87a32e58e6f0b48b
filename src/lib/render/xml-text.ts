/** Text for XML 1.0, between tags or in an attribute: escaped, and what XML cannot hold or advises against (controls, lone surrogates) as U+FFFD. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"\r]/g, character => entities[character] ?? character)
}

/** A bare carriage return would be read as a line feed. */
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

/** An attribute with a leading space. Bare white space in it would be read as spaces. */
export const xmlAttribute = (name: string, value: string | number): string =>
  ` ${name}="${xmlText(String(value)).replaceAll('\t', '&#9;').replaceAll('\n', '&#10;')}"`
