/**
 * A decimal number as JSON: as it stands but for zeros in front, or as text where a reader that keeps numbers as doubles would change
 * it. Undefined for what is no such number.
 */
export function jsonNumber(text: string): string | undefined {
  if (!/^\d+(?:\.\d+)?$/.test(text)) return undefined
  const plain = text.replace(/^0+(?=\d)/, '')
  const isKept = plain.includes('.') ? plain.length <= safeDigits + 1 : Number.isSafeInteger(Number(plain))
  return isKept ? plain : JSON.stringify(text)
}

/** So many digits a double keeps, whatever they are. */
const safeDigits = 15
