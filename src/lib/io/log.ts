import { type Clock, rfc3339 } from '../core/clock.ts'
import { causeChain, OpsError } from '../core/errors.ts'
import type { Log, LogLevel } from '../core/io.ts'
import { redact } from '../core/redact.ts'

export interface LogOptions {
  /** To stderr. */
  readonly write: (text: string) => Promise<void>
  readonly clock: Clock
  readonly format: 'text' | 'json'
  /** -1 shows errors only, 0 adds warnings and notices, 1 info, 2 debug. */
  readonly verbosity: number
  readonly runId: string
}

const rank: Readonly<Record<LogLevel, number>> = { error: -1, warn: 0, notice: 0, info: 1, debug: 2 }

/** Messages for people, or JSON lines with the context of the run. Values under keys that name secrets are masked. */
export function makeLog({ write, clock, format, verbosity, runId }: LogOptions): Log {
  return (level, message, fields = {}) => {
    if (rank[level] > verbosity) return
    const facts = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, redact(plain(value), key)]))
    const line =
      format === 'json'
        ? JSON.stringify({ time: rfc3339(clock.now()), level, message, runId, ...facts })
        : `opsctl: ${message}${Object.entries(facts)
            .map(([key, value]) => ` ${key}=${shown(value)}`)
            .join('')}`
    // A log that can not be written must not end the run.
    write(`${line}\n`).catch(() => {})
  }
}

const plain = (value: unknown): unknown =>
  value instanceof OpsError || value instanceof Error ? causeChain(value).join(': ') : value
const shown = (value: unknown): string =>
  typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)
