import { errnoOf } from '../../../core/errno.ts'
import { OpsError } from '../../../core/errors.ts'
import type { Log } from '../../../core/io.ts'
import type { SourcePlace } from '../../../core/log-source.ts'
import { ForeignFile } from '../plain-source.ts'

/** What is wrong with files: each is told once, until it was well again. */
export class Troubles {
  readonly #log: Log
  readonly #follow: boolean
  readonly #told = new Map<string, string>()
  readonly #onPart: SourcePlace['onPart']

  constructor({ log, follow, onPart }: Pick<SourcePlace, 'log' | 'follow' | 'onPart'>) {
    this.#log = log
    this.#follow = follow
    this.#onPart = onPart
  }

  tell(path: string, problem: string): void {
    if (this.#told.get(path) === problem) return
    this.#told.set(path, problem)
    this.#onPart?.(path, words[problem] ?? problem)
    const what = this.#follow ? 'a file can not be read: it is tried again' : 'a file can not be read'
    this.#log('warn', what, { path, problem: words[problem] ?? problem })
  }

  /** For who does not try again. @throws Error where some file could not be read */
  demandNone(): void {
    const [first, ...others] = this.#told
    if (first === undefined) return
    const [path, problem] = first
    const more = others.length === 0 ? '' : `, and ${others.length} more can not be read`
    throw new Error(`${path}: ${words[problem] ?? problem}${more}`)
  }

  isOver(path: string): void {
    if (this.#told.delete(path)) this.#onPart?.(path, undefined)
  }

  /** Those that nobody looks at any more: files that are gone. Who does not try again keeps them. */
  forget(isGone: (path: string) => boolean): void {
    if (!this.#follow) return
    for (const path of [...this.#told.keys()]) if (isGone(path)) this.isOver(path)
  }

  /** What comes of the work; undefined where it failed, which is told. Whatever else went wrong is thrown. */
  async guard<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      const problem = problemOf(error)
      if (problem === undefined) throw error
      this.tell(path, problem)
      return undefined
    }
  }
}

/** Undefined where nothing outside is the cause. */
export const problemOf = (error: unknown): string | undefined =>
  errnoOf(error) ??
  ((error instanceof OpsError && error.code === 'E_STATE') || error instanceof ForeignFile ? error.message : undefined)

const words: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  ESTALE: 'another file has its name',
}
