import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'

/** Longer names of sockets are not taken by Linux; others take some less. */
const longest = 100

/** The socket at which a pipeline can be tapped, in its directory, under a name that is short enough as long as this is open. */
export class TapSocket implements Disposable {
  readonly path: string
  readonly #directory: number | undefined

  /** @throws what the file system throws where there is no such directory */
  constructor(directory: string) {
    const path = join(directory, 'tap.sock')
    if (Buffer.byteLength(path) <= longest || process.platform !== 'linux') {
      this.path = path
      return
    }
    this.#directory = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
    this.path = `/proc/self/fd/${this.#directory}/tap.sock`
  }

  [Symbol.dispose](): void {
    if (this.#directory !== undefined) closeSync(this.#directory)
  }
}
