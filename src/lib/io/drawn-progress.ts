import { clearLine, cursorTo, moveCursor } from 'node:readline'
import { Writable } from 'node:stream'
import type { Ora } from 'ora'
import type { Clock } from '../core/clock.ts'
import type { OutputPort, Progress, ProgressState } from '../core/io.ts'
import type { ProgressOptions } from './progress.ts'
import { progressLine } from './progress-text.ts'

/** Ten drawings a second at most. */
const frameMs = 100
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/**
 * One line at the bottom of the terminal. ora draws and clears it but is never started: its own timer would keep the process alive,
 * and its hooks on the process streams would come between opsctl and its output. It is loaded with the first update, so that
 * commands without targets do not pay for it.
 */
export class DrawnProgress implements Progress {
  readonly #port: OutputPort
  readonly #clock: Clock
  readonly #canvas: Canvas
  #spinner: Ora | undefined
  #state: ProgressState | undefined
  #startedAt = 0
  #cancel: (() => void) | undefined
  #drawn = false
  #writing = false
  /** Settles when the terminal has taken everything that was drawn or cleared. */
  #taken: Promise<void> = Promise.resolve()
  /** Writes under way for which the line has been taken away. */
  #held = 0
  #midLine = false
  #stopped = false

  constructor({ port, clock }: ProgressOptions) {
    this.#port = port
    this.#clock = clock
    this.#canvas = new Canvas(port)
  }

  update(state: ProgressState): void {
    if (this.#stopped) return
    const first = this.#state === undefined
    this.#state = state
    if (first) void this.#start()
  }

  async around(write: () => Promise<void>, endsLine = true): Promise<void> {
    this.#held++
    try {
      await this.#clear()
      await write()
    } finally {
      this.#held--
      this.#midLine = !endsLine
    }
  }

  stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    return this.#clear()
  }

  async #start(): Promise<void> {
    this.#startedAt = this.#clock.monotonic()
    const { default: ora } = await import('ora')
    const spinner = { interval: frameMs, frames: frames.map(this.#port.style.name) }
    this.#spinner = ora({ stream: this.#canvas, spinner, isEnabled: true, color: false, hideCursor: false, discardStdin: false })
    this.#tick()
  }

  #tick(): void {
    if (this.#stopped) return
    this.#draw()
    this.#cancel = this.#clock.timer(frameMs, () => this.#tick(), { background: true })
  }

  /** Not while another write holds the line, stands in mid-line, or the terminal is slow to take the last drawing. */
  #draw(): void {
    if (this.#state === undefined || this.#spinner === undefined) return
    if (this.#held > 0 || this.#midLine || this.#writing) return
    const elapsedMs = this.#clock.monotonic() - this.#startedAt
    // Two columns for the spinner, one so that no terminal wraps.
    this.#spinner.text = progressLine({ state: this.#state, elapsedMs, width: this.#port.columns - 3, style: this.#port.style })
    this.#spinner.render()
    this.#drawn = true
    this.#writing = true
    this.#taken = this.#write().finally(() => {
      this.#writing = false
    })
  }

  async #clear(): Promise<void> {
    if (this.#drawn) {
      this.#drawn = false
      this.#spinner?.clear()
      this.#taken = this.#write()
    }
    await this.#taken
  }

  /** Trouble with the terminal is no reason to stop a run: whoever writes a result there will meet it. */
  async #write(): Promise<void> {
    try {
      await this.#port.write(this.#canvas.take())
    } catch {
      this.#stopped = true
      this.#cancel?.()
    }
  }
}

/** The terminal as ora sees it: what it writes is kept until it is taken, so that one drawing is one write. */
class Canvas extends Writable {
  readonly isTTY = true
  readonly #port: OutputPort
  #text = ''

  constructor(port: OutputPort) {
    super({ decodeStrings: false })
    this.#port = port
  }

  get columns(): number {
    return this.#port.columns
  }

  take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  cursorTo(x: number): boolean {
    return cursorTo(this, x)
  }

  moveCursor(dx: number, dy: number): boolean {
    return moveCursor(this, dx, dy)
  }

  clearLine(direction: -1 | 0 | 1): boolean {
    return clearLine(this, direction)
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    this.#text += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)
    done()
  }
}
