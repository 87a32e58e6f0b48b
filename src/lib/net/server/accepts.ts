/** An element of Accept or Accept-Encoding (RFC 9110, section 12.5). */
interface Wish {
  readonly value: string
  readonly params: ReadonlyMap<string, string>
  readonly weight: number
}

/**
 * The offer that the client likes best; the first of those it likes equally, and the first of all where it names no wish. Undefined where
 * it takes none. Offers are media types; of their parameters `version`, `charset` and so on, those that a wish names too must be the same.
 */
export function acceptedType(accept: string | undefined, offers: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return offers[0]
  const wishes = parseWishes(accept)
  let best: { readonly offer: string; readonly weight: number } | undefined
  for (const offer of offers) {
    const weight = weightOf(offer, wishes)
    if (weight > (best?.weight ?? 0)) best = { offer, weight }
  }
  return best?.offer
}

/** True where gzip may be sent: it, or everything, is named and not with a weight of 0. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined) return false
  const wishes = parseWishes(acceptEncoding)
  const wish = wishes.find(({ value }) => value === 'gzip' || value === 'x-gzip') ?? wishes.find(({ value }) => value === '*')
  return wish !== undefined && wish.weight > 0
}

/** The weight of the most specific wish that fits; 0 where none does. */
function weightOf(offer: string, wishes: readonly Wish[]): number {
  const [type = '', ...params] = offer.split(';').map(part => part.trim().toLowerCase())
  const known = new Map(params.map(nameAndValue))
  let best = { specific: -1, weight: 0 }
  for (const { value, params, weight } of wishes) {
    const level = value === type ? 2 : value === '*/*' ? 0 : value.endsWith('/*') && type.startsWith(value.slice(0, -1)) ? 1 : -1
    if (level === -1) continue
    const named = [...params].filter(([name]) => known.has(name))
    if (named.some(([name, wanted]) => known.get(name) !== wanted)) continue
    const specific = level * 100 + named.length
    if (specific > best.specific || (specific === best.specific && weight > best.weight)) best = { specific, weight }
  }
  return best.weight
}

/** Of a header with very many elements the first are read. */
const maxWishes = 64

function parseWishes(header: string): readonly Wish[] {
  return header
    .toLowerCase()
    .split(',', maxWishes)
    .map(element => {
      const [value = '', ...rest] = element.split(';').map(part => part.trim())
      const params = new Map(rest.map(nameAndValue))
      const weight = Number(params.get('q') ?? 1)
      params.delete('q')
      return { value, params, weight: weight >= 0 && weight <= 1 ? weight : 0 }
    })
}

function nameAndValue(part: string): [string, string] {
  const at = part.indexOf('=')
  if (at === -1) return [part, '']
  return [
    part.slice(0, at).trim(),
    part
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1'),
  ]
}
