/** Shorter values stand in everything by chance. */
const leastLength = 4

/** A text in which secrets that a server handed back are not to be read. */
export function masked(text: string, secrets: Iterable<string>): string {
  let told = text
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length < leastLength) continue
    told = told.replaceAll(secret, '…')
    const encoded = encodeURIComponent(secret)
    if (encoded !== secret) told = told.replaceAll(encoded, '…')
  }
  return told
}
