import type { Duplex } from 'node:stream'
import { Dialogue } from '../../../net/dialogue.ts'
import { type SecureOptions, secureStream, type TlsWish } from '../../../net/secure-stream.ts'
import type { QueryResponse } from '../config/talk-shape.ts'
import type { Look } from '../look/look.ts'
import { tellEarliest, tellTls } from '../look/tls-metrics.ts'
import { expandTemplate } from './expand-template.ts'

/** A target may say so much. */
const maxBytes = 262_144

export interface Talk {
  readonly steps: readonly QueryResponse[]
  /** TLS from the beginning. */
  readonly tls: boolean
  readonly wish: TlsWish
}

/** Says and hears what it must over an open stream, and closes it. @throws NetError; the signal's reason */
export async function talk(look: Look, below: Duplex, { steps, tls, wish }: Talk): Promise<boolean> {
  const partner = new Partner(look, below)
  try {
    if (tls) await partner.startTls(wish)
    look.progress.phase = 'wait'
    for (const [index, step] of steps.entries()) {
      look.tell('info', 'Processing query response entry', { entry_number: index })
      if (!(await partner.play(step, wish))) return false
    }
    return true
  } finally {
    partner.close()
  }
}

class Partner {
  readonly #look: Look
  #stream: Duplex
  #dialogue: Dialogue | undefined

  constructor(look: Look, stream: Duplex) {
    this.#look = look
    this.#stream = stream
  }

  async play({ expect, expect_bytes: bytes, labels, send, starttls }: QueryResponse, wish: TlsWish): Promise<boolean> {
    let said = send
    if (expect) {
      const captures = await this.#line(line => expect.captures(line))
      this.#look.gauges.set('probe_failed_due_to_regex', captures ? 0 : 1)
      if (!captures) return this.#look.fail('content', 'No line matched the regular expression', { regexp: expect.text })
      said = expandTemplate(send, captures)
      if (labels.length > 0) {
        const values = labels.map(({ name, value }) => [name, expandTemplate(Buffer.from(value), captures).toString()])
        this.#look.gauges.set('probe_expect_info', 1, Object.fromEntries(values))
      }
    }
    if (bytes.length > 0 && !(await this.#hears(bytes))) return false
    if (said.length > 0) this.#say(said)
    if (starttls) await this.startTls(wish)
    return true
  }

  async startTls(wish: TlsWish): Promise<void> {
    const { tools, signal, progress } = this.#look
    this.#dialogue?.[Symbol.dispose]()
    this.#dialogue = undefined
    const options: SecureOptions = { signal, progress, clock: tools.clock, tls: tools.tls }
    try {
      this.#stream = (await secureStream(this.#stream, wish, options)).stream
      progress.phase = 'wait'
      if (progress.tls) tellTls(this.#look, progress.tls, { insecure: wish.insecure ?? false })
    } finally {
      if (progress.tls) tellEarliest(this.#look, progress.tls)
    }
  }

  close(): void {
    this.#dialogue?.[Symbol.dispose]()
    this.#stream.on('error', () => undefined)
    this.#stream.destroy()
  }

  /** The first line with which `take` can do something; undefined where the target ended before. */
  async #line<T>(take: (line: string) => T | undefined): Promise<T | undefined> {
    for (;;) {
      const line = await this.#listen().nextLine()
      if (line === undefined) return undefined
      this.#look.tell('debug', 'Read line', { line })
      const taken = take(line)
      if (taken !== undefined) return taken
    }
  }

  async #hears(bytes: Buffer): Promise<boolean> {
    const heard = await this.#listen().bytes(bytes.length)
    const isGood = heard.equals(bytes)
    this.#look.gauges.set('probe_failed_due_to_bytes', isGood ? 0 : 1)
    return (
      isGood ||
      this.#look.fail('content', 'Bytes did not match', { expected: bytes.toString('hex'), heard: heard.toString('hex') })
    )
  }

  #say(said: Buffer): void {
    this.#look.tell('debug', 'Sending line', { line: said.toString() })
    this.#listen().send(Buffer.concat([said, Buffer.from('\n')]))
  }

  #listen(): Dialogue {
    this.#dialogue ??= new Dialogue(this.#stream, { signal: this.#look.signal, maxBytes, before: 'everything was said' })
    return this.#dialogue
  }
}
