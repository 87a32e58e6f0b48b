import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'

const reserveBytes = 1024 * 1024

/** Room that is kept on a disk, given up so that what makes room can be written when nothing else can. */
export class DiskReserve {
  readonly #path: string
  #isFilled = false

  constructor(path: string) {
    this.#path = path
    this.fill()
  }

  /** Takes the room, where there is any. */
  fill(): void {
    if (this.#isFilled) return
    try {
      const file = openSync(this.#path, 'w', 0o600)
      try {
        for (let left = reserveBytes; left > 0; ) left -= writeSync(file, new Uint8Array(left))
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      this.#isFilled = true
    } catch {
      // The disk is full now: later.
      this.#remove()
    }
  }

  /** Gives the room up; false where there was none. */
  release(): boolean {
    if (!this.#isFilled) return false
    this.#isFilled = false
    this.#remove()
    return true
  }

  #remove(): void {
    try {
      rmSync(this.#path, { force: true })
    } catch {
      // Something else stands there.
    }
  }
}
