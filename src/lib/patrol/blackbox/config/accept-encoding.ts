/**
 * Whether a header `accept-encoding` asks for a coding: whoever wants an answer in one must not tell the server another. A coding that is
 * not named is not asked for; of several entries that speak of it, the one with the highest quality counts.
 */
export function asksFor(coding: string, accepted: string): boolean {
  if (coding === '' || accepted === '') return true
  const [best] = accepted
    .split(',')
    .map(entry => {
      const [, name = entry, quality] = /^(.*);(.*)$/s.exec(entry) ?? []
      return { name: name.trim(), quality: quality === undefined ? 1 : qualityOf(quality) }
    })
    .filter(({ name }) => name === coding || name === '*')
    .sort((a, b) => b.quality - a.quality)
  return best !== undefined && best.quality > 0
}

const qualityOf = (text: string): number => Number(/^\s*(?:q=)?([\d.]+)\s*$/.exec(text)?.[1] ?? 0) || 0
