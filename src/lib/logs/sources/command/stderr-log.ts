const maxLineLength = 2000
/** A program that complains without end is not repeated without end. */
const maxLines = 20

/** What a program says on stderr, line by line. */
export class StderrLog {
  readonly #say: (line: string) => void
  readonly #decoder = new TextDecoder()
  #rest = ''
  #lines = 0

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  add(bytes: Uint8Array): undefined {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, maxLineLength)
    for (const line of lines) this.#tell(line)
  }

  end(): void {
    this.#tell(this.#rest)
    this.#rest = ''
  }

  #tell(line: string): void {
    if (line.trim() === '') return
    this.#lines++
    if (this.#lines <= maxLines) this.#say(line.slice(0, maxLineLength))
    else if (this.#lines === maxLines + 1) this.#say('… and more, which is not told')
  }
}
