/**
 * Columns a text takes on a terminal, counted by grapheme: 2 for East Asian wide characters and emoji, 0 for controls and marks
 * that stand alone. Unicode Standard Annex 11; ambiguous characters count 1.
 */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment)
  return width
}

/** The text filled with spaces up to `width` columns. */
export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)))

/** The text cut to `width` columns, with an ellipsis where something is missing. */
export function fitTo(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes(text)) {
    const next = graphemeWidth(segment)
    if (used + next > width - 1) break
    kept += segment
    used += next
  }
  return `${kept}…`
}

/** The text in lines of at most `width` columns, broken at spaces; words that are longer stay whole. */
export function wrapTo(text: string, width: number): string[] {
  const [first = '', ...words] = text.split(' ')
  const lines: string[] = []
  let line = first
  for (const word of words) {
    const longer = `${line} ${word}`
    if (textWidth(longer) <= width) {
      line = longer
    } else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

const plain = /^[\x20-\x7e]*$/
/** Hangul vowels and finals (U+1160-11FF, U+D7B0-D7FF) join the syllable before them. */
const invisible =
  /^[\u1160-\u11ff\ud7b0-\ud7ff\p{Control}\p{Format}\p{Nonspacing_Mark}\p{Enclosing_Mark}\p{Default_Ignorable_Code_Point}\p{Surrogate}]+$/u
const emoji = /^\p{RGI_Emoji}$/v
/** East Asian Width W and F as ranges: those of Unicode 16 that are not emoji. */
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2fb}\u{1d300}-\u{1d356}\u{1d360}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u

const graphemes = (text: string): Intl.Segments => new Intl.Segmenter('en').segment(text)

function graphemeWidth(grapheme: string): number {
  if (plain.test(grapheme)) return grapheme.length
  if (invisible.test(grapheme)) return 0
  return emoji.test(grapheme) || wide.test(grapheme) || /^\p{Emoji_Presentation}/u.test(grapheme) ? 2 : 1
}
