import type { OutputPort } from '../../src/lib/core/io.ts'
import { plainStyle } from '../../src/lib/io/plain-style.ts'

/** Lets everything that waits for nothing but promises go on. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A stream that keeps what is written to it; `screen` is what a person would see of it. */
export class FakePort implements OutputPort {
  readonly isTerminal: boolean
  columns = 100
  readonly style = plainStyle
  readonly writes: string[] = []
  /** Answers a write; a test may reject or wait. */
  onWrite: () => Promise<void> = async () => undefined

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal
  }

  write(data: string | Uint8Array): Promise<void> {
    this.writes.push(String(data))
    return this.onWrite()
  }

  get screen(): string {
    return screenOf(this.writes.join(''))
  }
}

/** The lines that stand on a terminal after this text: line feed, carriage return, cursor to column one, clear to the end of the line. */
export function screenOf(text: string): string {
  const lines = ['']
  let column = 0
  for (const [token] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|[\s\S]/gu)) {
    const line = lines.at(-1) ?? ''
    if (token === '\n') {
      lines.push('')
      column = 0
    } else if (token === '\r' || token === '\x1b[1G') column = 0
    else if (token === '\x1b[0K' || token === '\x1b[K') lines[lines.length - 1] = line.slice(0, column)
    else if (!token.startsWith('\x1b')) {
      lines[lines.length - 1] = line.slice(0, column).padEnd(column) + token + line.slice(column + token.length)
      column += token.length
    } else if (!/^\x1b\[\?2026[hl]$/.test(token)) throw new Error(`unexpected control ${JSON.stringify(token)}`)
  }
  return lines.join('\n')
}
