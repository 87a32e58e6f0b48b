import { randomHex } from '../core/random-hex.ts'
import type { Command, Sudo } from '../core/transport.ts'
import { withEnv } from './quote.ts'

/** Random words that neither sudo nor a program prints by chance; one pair for each call. */
export interface SudoMarks {
  readonly prompt: string
  readonly start: string
}

/** New marks. Letters and digits only: sudo expands % in a prompt. */
export function newSudoMarks(): SudoMarks {
  const token = randomHex(12)
  return { prompt: `opsctl-prompt-${token}`, start: `opsctl-start-${token}` }
}

/**
 * A command wrapped in sudo. Without a password sudo runs the argv itself, so that sudoers rules for one program hold. With one, sudo
 * prompts with `marks.prompt`, and a shell prints `marks.start` before it becomes the program: SudoGate waits for both.
 */
export function sudoArgv(input: {
  readonly command: Command
  readonly env?: Readonly<Record<string, string>>
  readonly sudo: Sudo
  readonly marks: SudoMarks
}): readonly string[] {
  const { command, sudo, marks, env = {} } = input
  const argv = withEnv('shell' in command ? ['sh', '-c', command.shell] : command.argv, env)
  if (sudo.password === undefined) {
    // sudo takes a first word with '=' for an assignment, even after '--'.
    const exact = argv[0]?.includes('=') ? ['sh', '-c', 'exec "$@"', 'sh', ...argv] : argv
    return ['sudo', '-n', '-p', marks.prompt, '-u', sudo.user, '--', ...exact]
  }
  const announce = `printf %s ${marks.start} >&2; exec "$@"`
  return ['sudo', '-S', '-p', marks.prompt, '-u', sudo.user, '--', 'sh', '-c', announce, 'sh', ...argv]
}

/**
 * A line for sh that signals everything under the sudo with these marks. Its user may signal sudo, but not what runs as somebody else: it
 * takes a sudo to end that. The first one is found by its prompt in the list of processes, by a pattern that does not find itself; it
 * leads a process group, as both sshd and LocalTransport start it; where sudo gives the command a terminal of its own, that is its child.
 */
export function signalUnderSudo(name: 'TERM' | 'KILL', marks: SudoMarks): string {
  const pattern = `[${marks.prompt.slice(0, 1)}]${marks.prompt.slice(1)}`
  return `for leader in $(pgrep -f '${pattern}'); do pkill -${name} -P $leader; pkill -${name} -g $leader; done`
}

/** What to do after a piece of stderr. */
export interface SudoStep {
  /** stderr without the marks. */
  readonly pass: readonly Uint8Array[]
  readonly sendPassword: boolean
  /** The program itself runs from here on: it may have its stdin. */
  readonly started: boolean
}

/** Reads the stderr of a sudo, in pieces cut anywhere: finds the marks, takes them out, and knows whether sudo let the command run. */
export class SudoGate {
  readonly #marks: readonly [Buffer, Buffer]
  readonly #asks: boolean
  #head = ''
  #held: Buffer = Buffer.alloc(0)
  #prompts = 0
  #started = false

  constructor(marks: SudoMarks, sudo: Sudo) {
    this.#marks = [Buffer.from(marks.prompt), Buffer.from(marks.start)]
    this.#asks = sudo.password !== undefined
  }

  /** True when stdin may be sent at once, because there is no start to wait for. */
  get open(): boolean {
    return this.#started || !this.#asks
  }

  feed(bytes: Uint8Array): SudoStep {
    if (this.#started) return { pass: [bytes], sendPassword: false, started: false }
    if (!this.#asks) return { pass: [this.#remember(Buffer.from(bytes))], sendPassword: false, started: false }
    const before = this.#prompts
    const pass = this.#filter(Buffer.concat([this.#held, bytes]))
    return { pass, sendPassword: before === 0 && this.#prompts > 0, started: this.#started }
  }

  /** What was held back because it could have become a mark. Call at the end of stderr. */
  flush(): Uint8Array {
    const rest = this.#remember(this.#held)
    this.#held = Buffer.alloc(0)
    return rest
  }

  /** True from the second prompt on: sudo did not take the password. */
  get wrongPassword(): boolean {
    return this.#prompts > 1 && !this.#started
  }

  /** Why sudo did not run the command, in its own words; undefined when it did, or when nothing says that it did not. */
  refusal(end: { readonly code: number | null; readonly printed: boolean }): string | undefined {
    if (this.wrongPassword) return 'sudo did not take the password'
    if (this.#asks) return this.#started ? undefined : this.#words() || 'sudo ended without running the command'
    if (end.code !== 1 || end.printed) return undefined
    const words = this.#words()
    // sudo itself exits 1 with these; for a program that is missing as well, but that is not a refusal.
    return /^(sudo: |Sorry, user )/.test(words) && !words.endsWith('command not found') ? words : undefined
  }

  #filter(bytes: Buffer): Uint8Array[] {
    const pass: Uint8Array[] = []
    let rest = bytes
    this.#held = Buffer.alloc(0)
    while (!this.#started) {
      const found = this.#next(rest)
      if (!found) {
        const keep = this.#possibleMark(rest)
        this.#held = rest.subarray(rest.length - keep)
        rest = rest.subarray(0, rest.length - keep)
        break
      }
      if (found.at > 0) pass.push(this.#remember(rest.subarray(0, found.at)))
      rest = rest.subarray(found.at + found.length)
      if (found.start) this.#started = true
      else this.#prompts++
    }
    if (rest.length > 0) pass.push(this.#started ? rest : this.#remember(rest))
    return pass
  }

  #next(bytes: Buffer): { readonly at: number; readonly length: number; readonly start: boolean } | undefined {
    const [prompt, start] = this.#marks.map(mark => bytes.indexOf(mark)) as [number, number]
    if (prompt !== -1 && (start === -1 || prompt < start)) return { at: prompt, length: this.#marks[0].length, start: false }
    return start === -1 ? undefined : { at: start, length: this.#marks[1].length, start: true }
  }

  /** Bytes at the end that could be the beginning of a mark. */
  #possibleMark(bytes: Buffer): number {
    let longest = 0
    for (const mark of this.#marks) {
      for (let length = Math.min(mark.length - 1, bytes.length); length > longest; length--) {
        if (bytes.subarray(bytes.length - length).equals(mark.subarray(0, length))) longest = length
      }
    }
    return longest
  }

  #remember(bytes: Buffer): Buffer {
    if (this.#head.length < 2048) this.#head += bytes.toString('utf8')
    return bytes
  }

  /** sudo names the cause first; warnings about the resolver are none, and refusals by a plugin have no name before them. */
  #words(): string {
    const lines = this.#head.split('\n').map(line => line.trim())
    const cause = lines.find(line => /^(sudo: |Sorry, user )/.test(line) && !line.startsWith('sudo: unable to resolve host'))
    return cause ?? lines.filter(line => line !== '' && line !== 'Sorry, try again.').at(-1) ?? ''
  }
}
