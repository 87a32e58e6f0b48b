import type { Context } from '../../core/context.ts'
import { toOpsError } from '../../core/errors.ts'
import type { ServeOptions } from '../options.ts'
import type { Patrol } from '../patrol.ts'
import type { PatrolFleet } from '../patrol-fleet.ts'
import { readChecks } from './read-checks.ts'

interface Reloading {
  readonly options: ServeOptions
  readonly fleet: PatrolFleet
  readonly patrol: Patrol
}

/** Reads the checks anew while the patrol goes on: all of them are good, or nothing changes. */
export class Reloads {
  readonly #context: Context
  readonly #reloading: Reloading
  #running: Promise<void> | undefined
  #isAsked = false
  #figures = { good: 0, bad: 0, lastGoodAt: 0 }

  constructor(context: Context, reloading: Reloading) {
    this.#context = context
    this.#reloading = reloading
  }

  get figures(): { readonly good: number; readonly bad: number; readonly lastGoodAt: number } {
    return this.#figures
  }

  /** @throws OpsError for what is wrong: there is nothing yet to go on with */
  async first(): Promise<void> {
    await this.#read()
  }

  /** One at a time; who asks meanwhile gets one more after it. What is wrong is told, and everything goes on as it was. */
  async again(): Promise<void> {
    this.#isAsked = true
    this.#running ??= this.#untilDone().finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  async #untilDone(): Promise<void> {
    const { log } = this.#context
    while (this.#isAsked) {
      this.#isAsked = false
      try {
        await this.#read()
        log('info', `read anew: ${this.#reloading.patrol.watches.size} checks`)
      } catch (error) {
        this.#figures = { ...this.#figures, bad: this.#figures.bad + 1 }
        log('error', `not read anew, everything goes on as before: ${toOpsError(error).message}`)
      }
    }
  }

  async #read(): Promise<void> {
    const { options, fleet, patrol } = this.#reloading
    const checks = await readChecks(this.#context, options)
    await fleet.prepare(checks.flatMap(({ hosts = [] }) => hosts))
    patrol.apply(checks)
    this.#figures = { ...this.#figures, good: this.#figures.good + 1, lastGoodAt: this.#context.clock.now() }
  }
}
