/**
 * A decimal number, negative ones too, as JSON: as it stands but for zeros in front, or as text where a reader that keeps numbers as
 * doubles would change it. Undefined for what is no such number; `1e5` is none, as many a hash begins so.
 */
export function jsonNumber(text: string): string | undefined {
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return undefined
  const plain = text.replace(/^(-?)0+(?=\d)/, '$1')
  const digits = plain.startsWith('-') ? plain.slice(1) : plain
  const isKept = digits.includes('.') ? digits.length <= safeDigits + 1 : Number.isSafeInteger(Number(digits))
  return isKept ? plain : JSON.stringify(text)
}

/** As `jsonNumber`, but for what is written with zeros in front, which is no count. */
export const jsonCount = (text: string): string | undefined => (/^-?0\d/.test(text) ? undefined : jsonNumber(text))

/** So many digits a double keeps, whatever they are. */
const safeDigits = 15
