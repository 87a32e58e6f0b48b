import { createHash } from 'node:crypto'
import type { JudgedChain } from './judge-chain.ts'

/** Certificates that are met again and again are judged once: that costs a tenth of a handshake. */
const kept = 512

/** Everything but the time that a judgement depends on, where the authorities are the same. */
export interface ChainKey {
  /** DER, in the order of the server. */
  readonly sent: readonly Uint8Array[]
  readonly refusal: string | null
  readonly name: string
}

/** Judgements about chains, each until the moment at which one of its certificates begins or ends to be valid. */
export class JudgedChains {
  readonly #known = new Map<string, { readonly judged: JudgedChain; readonly from: number; readonly until: number }>()

  /** The judgement at that moment (milliseconds since 1970), made by `judge` where it is not known. */
  get(key: ChainKey, nowMs: number, judge: () => JudgedChain): JudgedChain {
    const name = nameOf(key)
    const known = this.#known.get(name)
    if (known && known.from <= nowMs && nowMs < known.until) return known.judged
    const judged = judge()
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size >= kept) this.#known.delete(oldest)
    this.#known.set(name, { judged, ...spanOf(judged, nowMs) })
    return judged
  }
}

function nameOf({ sent, refusal, name }: ChainKey): string {
  const hash = createHash('sha256')
  for (const der of sent) hash.update(der)
  return `${hash.digest('base64')} ${refusal} ${name}`
}

/** No certificate begins or ends to be valid within it. */
function spanOf({ path }: JudgedChain, nowMs: number): { readonly from: number; readonly until: number } {
  const moments = path.flatMap(({ validFromDate, validToDate }) => [validFromDate.getTime(), validToDate.getTime() + 1])
  return {
    from: Math.max(0, ...moments.filter(moment => moment <= nowMs)),
    until: Math.min(Number.POSITIVE_INFINITY, ...moments.filter(moment => moment > nowMs)),
  }
}
