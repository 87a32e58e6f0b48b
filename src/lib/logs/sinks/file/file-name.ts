import { basename, dirname, extname, join } from 'node:path'

interface NameTime {
  readonly time: 'utc' | 'local'
  readonly every: 'hour' | 'day' | undefined
}

/** Of the name of a rolled file: when it was begun, and which of that second. */
const stamp = String.raw`-\d{8}T\d{6}(?:\.\d+)?`
const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** What the files of a sink are called: the one that is written, and those that are done. */
export class FileName {
  readonly directory: string
  /** As the pipeline has it, the time not filled in. */
  readonly path: string
  readonly #stem: string
  readonly #extension: string
  readonly #options: NameTime
  readonly #done: RegExp

  /** Why it can not be a name. */
  static fault(path: string): string | undefined {
    if (dirname(path).includes('%')) return 'only the name of the file may have a time, not its directories'
    const unknown = /%(?![YmdH])./.exec(basename(path))
    return unknown ? `'${unknown[0]}' is not known: there are %Y, %m, %d and %H` : undefined
  }

  constructor(path: string, options: NameTime) {
    this.path = path
    this.directory = dirname(path)
    this.#extension = extname(path).includes('%') ? '' : extname(path)
    this.#stem = basename(path, this.#extension)
    this.#options = options
    const times = quote(this.#stem)
      .replace(/%Y/g, String.raw`\d{4}`)
      .replace(/%[mdH]/g, String.raw`\d{2}`)
    const rolled = this.#hasTime ? `(?:${stamp})?` : stamp
    this.#done = new RegExp(`^${times}${rolled}${quote(this.#extension)}(?<packed>\\.gz|\\.zst)?$`)
  }

  /** The file to write at a time. */
  at(now: number): string {
    const { Y, m, d, H } = this.#parts(now)
    const stem = this.#stem.replace(/%Y/g, Y).replace(/%m/g, m).replace(/%d/g, d).replace(/%H/g, H)
    return join(this.directory, stem + this.#extension)
  }

  /** What a full file of that time is called, `again` where that name is taken. */
  rolled(begun: number, again: number): string {
    const { Y, m, d, H, M, S } = this.#parts(begun)
    const path = this.at(begun)
    const stem = path.slice(0, path.length - this.#extension.length)
    return `${stem}-${Y}${m}${d}T${H}${M}${S}${again > 0 ? `.${again}` : ''}${this.#extension}`
  }

  /** Another one is due where these differ. */
  period(now: number): string {
    const { Y, m, d, H } = this.#parts(now)
    const { every } = this.#options
    return `${this.at(now)} ${every === undefined ? '' : `${Y}${m}${d}${every === 'hour' ? H : ''}`}`
  }

  /** Whether a name of the directory is that of a file which is done or will be. */
  isOwn(name: string): 'plain' | 'packed' | undefined {
    const found = this.#done.exec(name)
    return found ? (found.groups?.['packed'] ? 'packed' : 'plain') : undefined
  }

  get #hasTime(): boolean {
    return /%[YmdH]/.test(this.#stem)
  }

  #parts(now: number): Record<'Y' | 'm' | 'd' | 'H' | 'M' | 'S', string> {
    const date = new Date(now)
    // The same digits, read as UTC.
    const text = new Date(this.#options.time === 'utc' ? now : now - date.getTimezoneOffset() * 60_000).toISOString()
    const [Y = '', m = '', d = '', H = '', M = '', S = ''] = text.split(/[-T:.]/)
    return { Y, m, d, H, M, S }
  }
}
