import type { Clock } from '../../../core/clock.ts'
import { rfc3339 } from '../../../core/clock.ts'
import type { Reason } from '../../../core/item.ts'
import { Progress } from '../../../net/progress.ts'
import type { StartTls } from '../../../net/tls/start-tls.ts'
import type { AllowedTargets } from '../allowed-targets.ts'
import { Gauges } from './gauges.ts'

/** Pings once, by the ping of the system. */
export type Ping = (asked: PingAsked, signal: AbortSignal) => Promise<Pong>

export interface PingAsked {
  readonly address: string
  readonly family: 4 | 6
  readonly payloadBytes: number
  readonly ttl: number
  readonly dontFragment: boolean
  /** Empty where the system chooses. */
  readonly source: string
  /** Milliseconds. */
  readonly timeoutMs: number
}

/** What came back: the time to live that was left, and the milliseconds; or why nothing did. */
export type Pong =
  | { readonly ttl?: number; readonly tookMs: number }
  | { readonly failure: { readonly reason: Reason; readonly message: string } }

/** What probes share. */
export interface LookTools {
  readonly clock: Clock
  /** Directory to which the paths of a configuration are relative. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tls: Pick<StartTls, 'slots' | 'contexts'>
  readonly allowed: AllowedTargets
  readonly ping: Ping
}

type Level = 'debug' | 'info' | 'warn' | 'error'
type Facts = Readonly<Record<string, string | number | boolean | undefined>>

const maxLines = 1000
const maxValue = 1000

/** One probe, while it goes on: its figures, what is told of it, and why it failed. */
export class Look {
  readonly tools: LookTools
  readonly signal: AbortSignal
  /** On the monotonic clock. */
  readonly until: number
  readonly gauges = new Gauges()
  /** Told to `debug=true`: what opsctl's own layers tell of each step goes there too. */
  readonly progress = new Progress(line => this.tell('debug', line.trim()))
  readonly lines: string[] = []
  readonly #facts: Facts
  /** Values that nobody may see. */
  readonly secrets = new Set<string>()
  /** Addresses with their ports that were chosen, and so may be connected to. */
  readonly approved = new Set<string>()
  /** The first one: what follows is most often caused by it. */
  failure: { readonly reason: Reason; readonly message: string } | undefined

  constructor(
    tools: LookTools,
    { facts, signal, until }: { readonly facts: Facts; readonly signal: AbortSignal; readonly until: number },
  ) {
    this.tools = tools
    this.signal = signal
    this.until = until
    this.#facts = facts
  }

  /** A line in the logfmt of blackbox_exporter. */
  tell(level: Level, message: string, facts: Facts = {}): void {
    if (this.lines.length >= maxLines) return
    const all = { ts: rfc3339(this.tools.clock.now()), ...this.#facts, level, msg: message, ...facts }
    const words = Object.entries(all).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${logValue(String(value))}`],
    )
    this.lines.push(words.join(' '))
  }

  /** Notes that the probe fails, and goes on. */
  fail(reason: Reason, message: string, facts: Facts = {}): false {
    this.failure ??= { reason, message }
    this.tell('error', message, facts)
    return false
  }
}

function logValue(text: string): string {
  const short = text.length > maxValue ? `${text.slice(0, maxValue)}…` : text
  return /^[^\s"=\x00-\x1f\x7f]+$/.test(short) ? short : JSON.stringify(short)
}
