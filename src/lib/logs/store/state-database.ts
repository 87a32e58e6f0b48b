import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { lookAtDatabase, openDatabase, wrongStore } from './schema.ts'

/** The file that a pipeline remembers in, by statements of SQL. */
export class StateDatabase implements Disposable {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #statements = new Map<string, StatementSync>()

  /** @throws OpsError E_STATE */
  constructor(path: string, { onlyLooks }: { readonly onlyLooks: boolean }) {
    this.#path = path
    this.#database = onlyLooks ? lookAtDatabase(path) : openDatabase(path)
  }

  /** All of it or nothing. @throws OpsError E_STATE, when the disk is full too: to be tried again */
  together(work: () => void): void {
    this.run('BEGIN IMMEDIATE')
    try {
      work()
      this.run('COMMIT')
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK')
      } catch {
        // A failed commit has rolled back already.
      }
      throw error
    }
  }

  /** @throws OpsError E_STATE */
  all(sql: string, ...values: (string | number)[]): Record<string, unknown>[] {
    try {
      return this.#prepared(sql).all(...values)
    } catch (cause) {
      throw wrongStore(this.#path, 'can not be read', { cause })
    }
  }

  /** @throws OpsError E_STATE */
  run(sql: string, ...values: (string | number | null)[]): void {
    try {
      this.#prepared(sql).run(...values)
    } catch (cause) {
      throw wrongStore(this.#path, 'can not be written', { cause })
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
