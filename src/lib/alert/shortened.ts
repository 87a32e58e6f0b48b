/** A text of at most so many UTF-16 units, with an ellipsis where it was cut; no character is cut in two. */
export function shortened(text: string, most: number): string {
  return text.length <= most
    ? text
    : `${text
        .slice(0, most - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`
}
