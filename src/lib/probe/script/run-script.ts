import type { CheckPlace } from '../../core/check.ts'
import { NetError } from '../../net/net-error.ts'
import type { Progress } from '../../net/progress.ts'
import type { Pattern } from '../assert/pattern.ts'
import { LookTimeout } from '../endpoint-check.ts'
import type { Looking } from '../look-at.ts'
import { isSecret, textOf } from '../secret-param.ts'
import { filled } from './placeholders.ts'
import type { ScriptStep } from './script-params.ts'

/** The other side of a script: it says one thing after the other, lines or messages. */
export interface Partner {
  /** The next thing that it says; undefined when it says no more. */
  next(): Promise<string | undefined>
  send(text: string): void
  bytes?(count: number): Promise<Buffer>
  startTls?(): Promise<void>
}

interface Running extends Looking {
  readonly place: CheckPlace
  readonly partner: Partner
}

/** Of what is heard, so much is kept for assertions, characters. */
const heldCharacters = 1_048_576

/**
 * Plays a script. The named groups of what is expected become `seen`, and what is heard the body of the observation.
 * @throws NetError `content` when something else comes than what is expected; the signal's reason
 */
export async function runScript(steps: readonly ScriptStep[], running: Running): Promise<void> {
  const { place, partner, finds, progress } = running
  const listener = new Listener(running)
  const values = new Map<string, string>()
  progress.phase = 'wait'
  try {
    for (const { expect, expect_bytes: expected, send, starttls } of steps) {
      if (expect) {
        const found = await listener.until(expect)
        for (const key of [...values.keys()]) if (/^\d+$/.test(key)) values.delete(key)
        for (const [key, value] of found) values.set(key, value)
        const named = expect.names.flatMap(name => (found.has(name) ? [[name, found.get(name) ?? '']] : []))
        if (named.length > 0) finds.seen = { ...finds.seen, ...Object.fromEntries(named) }
      }
      if (expected !== undefined) await listener.bytes(expected)
      if (send !== undefined) {
        const pieces = [send].flat()
        const texts = await Promise.all(pieces.map(piece => (isSecret(piece) ? textOf(place, piece) : filled(piece, values))))
        partner.send(texts.join(''))
        progress.trace?.(`send     ${pieces.map((piece, at) => (isSecret(piece) ? '…' : texts[at])).join('')}`)
      }
      if (starttls) await listener.pause(() => partner.startTls?.())
    }
  } finally {
    listener.end()
    finds.body = { bytes: Buffer.from(listener.heard), truncated: listener.truncated }
  }
}

/** Hears what the partner says, and keeps an account of when it says it. */
class Listener {
  readonly #partner: Partner
  readonly #progress: Progress
  readonly #clock: CheckPlace['clock']
  #since: number
  #last: string | undefined
  heard = ''
  truncated = false

  constructor({ partner, progress, place }: Running) {
    this.#partner = partner
    this.#progress = progress
    this.#clock = place.clock
    this.#since = place.clock.monotonic()
  }

  /** @throws NetError `content` when it ends and nothing fits, `reset` when it says nothing at all, `timeout` */
  async until(pattern: Pattern): Promise<ReadonlyMap<string, string>> {
    try {
      for (;;) {
        const said = await this.#partner.next()
        if (said === undefined) throw this.#unmatched(pattern)
        this.#hear(said)
        const found = pattern.captures(said)
        if (found) return found
      }
    } catch (error) {
      if (!(error instanceof LookTimeout)) throw error
      throw new NetError('timeout', `nothing that fits ${pattern.text} came within ${error.ms} ms${this.#lastWords()}`, {
        phase: this.#progress.phase,
      })
    }
  }

  async bytes(expected: string): Promise<void> {
    const wanted = Buffer.from(expected)
    const came = (await this.#partner.bytes?.(wanted.length)) ?? Buffer.alloc(0)
    this.#hear(came.toString())
    if (came.equals(wanted)) return
    throw new NetError('content', `the next bytes are ${shown(came.toString())}, not ${shown(expected)}`, {
      phase: this.#progress.phase,
    })
  }

  /** What is done meanwhile has an account of its own. */
  async pause(work: () => Promise<void> | undefined): Promise<void> {
    this.end()
    const { phase } = this.#progress
    await work()
    this.#progress.phase = phase
    this.#since = this.#clock.monotonic()
  }

  /** Tells how long the stage took that goes on. */
  end(): void {
    const now = this.#clock.monotonic()
    const { phase } = this.#progress
    if (phase === 'wait' || phase === 'transfer') this.#progress.done(phase, now - this.#since)
    this.#since = now
  }

  #hear(said: string): void {
    if (this.#progress.phase === 'wait') {
      this.end()
      this.#progress.phase = 'transfer'
    }
    this.#progress.trace?.(`heard    ${shown(said)}`)
    this.#last = said
    this.truncated ||= this.heard.length + said.length >= heldCharacters
    if (!this.truncated) this.heard += `${said}\n`
  }

  #unmatched({ text }: Pattern): NetError {
    const { phase } = this.#progress
    if (this.#last === undefined) {
      return new NetError('reset', 'the server closed the connection without a word', { phase })
    }
    return new NetError('content', `the server closed the connection before anything fits ${text}${this.#lastWords()}`, { phase })
  }

  #lastWords(): string {
    return this.#last === undefined ? '' : `: its last words are ${shown(this.#last)}`
  }
}

const maxShown = 120

/** On one line, and not all of it. */
function shown(text: string): string {
  const told = JSON.stringify(text.slice(0, maxShown))
  return text.length > maxShown ? `${told}…` : told
}
