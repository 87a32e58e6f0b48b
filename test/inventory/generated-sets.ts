/** Node sets of every shape, the same ones on every run: words with ranges, steps and padding, joined by all operators. */
export function generatedSets(count: number, { dimensions = 3 }: { dimensions?: number } = {}): string[] {
  const random = seeded(20_240_131)
  const below = (limit: number): number => Math.floor(random() * limit)
  const range = (): string => {
    const from = below(30)
    const to = from + below(20)
    switch (below(5)) {
      case 0:
        return String(from)
      case 1:
        return `${String(from).padStart(3, '0')}-${String(to).padStart(3, '0')}`
      case 2:
        return `${from}-${to}/${1 + below(4)}`
      default:
        return `${from}-${to}`
    }
  }
  const bracket = (): string => (below(3) === 0 ? `[${range()},${range()}]` : `[${range()}]`)
  const word = (): string => {
    const stems = ['web', 'rack', 'db-']
    let text = ''
    for (let dimension = 0; dimension <= below(dimensions); dimension++) text += `${stems[dimension]}${bracket()}`
    return text + (below(4) === 0 ? '.example.com' : '')
  }
  const operator = (): string => [',', ',', ',', '!', '&', '^', ' ! ', ' , '][below(8)] ?? ','
  return Array.from({ length: count }, () => {
    let text = word()
    for (let more = below(5); more > 0; more--) text += operator() + word()
    return text
  })
}

/** Marsaglia's xorshift, 32 bits. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
