import type { Parcel, Receipt } from '../../core/sink.ts'
import { Histogram } from '../../net/exposition/histogram.ts'

/** One attempt to send, as it ended. */
export interface SendLook {
  readonly parcels: readonly Parcel[]
  readonly receipt: Receipt
  readonly seconds: number
  /** Behind one that failed. */
  readonly isRetry: boolean
}

/** Seconds: from a file of this machine to the deadline of an attempt. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** What the attempts at one sink came to since it was opened. */
export class SinkFigures {
  readonly results: Record<Receipt['result'], number> = { delivered: 0, refused: 0, 'too-large': 0, later: 0 }
  /** Attempts that failed, by a word for why: see `reasonOf`. */
  readonly failures = new Map<string, number>()
  readonly durations = new Histogram(bounds)
  retries = 0
  /** Of attempts that were taken: the refused ones among them count. */
  sentRecords = 0
  sentBytes = 0

  sent({ parcels, receipt, seconds, isRetry }: SendLook): void {
    this.results[receipt.result]++
    this.durations.add(seconds)
    if (isRetry) this.retries++
    if (receipt.result === 'later') {
      const reason = reasonOf(receipt.message)
      this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1)
    } else if (receipt.result === 'delivered')
      for (const { count, records } of parcels) {
        this.sentRecords += count
        this.sentBytes += records.length
      }
  }
}

/** One word for why a sink took nothing: a status of HTTP, an error of the system, or one of few others, never the text of the other side. */
export function reasonOf(message: string): string {
  const [, status] = /\banswered (\d{3})\b/.exec(message) ?? []
  if (status !== undefined) return `http_${status}`
  const [, code] = /\b(E[A-Z]{4,14})\b/.exec(message) ?? []
  if (code !== undefined && errors.has(code)) return code.toLowerCase()
  return words.find(([, pattern]) => pattern.test(message))?.[0] ?? 'other'
}

/** Of connections, names and disks: a text of the other side may hold what only looks like one. */
const errors = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND ENOSPC EDQUOT EACCES EROFS EMFILE ENOENT'.split(
    ' ',
  ),
)

const words: readonly (readonly [string, RegExp])[] = [
  ['deadline', /no answer within|timed? ?out|too long|deadline/i],
  ['tls', /\b(tls|certificate|handshake)\b/i],
  ['refused', /\brefuses?d?\b/i],
  ['disconnected', /\b(closed|disconnect(ed)?|ended|went away|reset)\b/i],
  ['unresolved', /\b(name|resolve[ds]?|dns)\b/i],
]
