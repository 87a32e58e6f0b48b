import { join } from 'node:path'
import { type Alerting, type AlertingConfig, loadAlerts, noAlerting, openAlerting } from '../alert/index.ts'
import type { Shared } from '../core/check.ts'
import type { Context } from '../core/context.ts'
import { readSecret } from '../fleet/index.ts'

import { acquireLock } from '../run/lock.ts'

interface Opening {
  readonly directory: string
  /** Who is told of what; absent: nobody. */
  readonly file: string | undefined
  readonly shared: Shared
}

/** Tells people of the incidents of a patrol, as its file of alerts says. */
export class PatrolAlerts implements AsyncDisposable {
  readonly alerting: Alerting
  readonly #context: Context
  readonly #file: string | undefined

  private constructor(context: Context, file: string | undefined, alerting: Alerting) {
    this.alerting = alerting
    this.#context = context
    this.#file = file
  }

  /** @throws OpsError E_CONFIG for a file that is wrong, E_STATE, E_LOCKED */
  static async open(context: Context, { directory, file, shared }: Opening): Promise<PatrolAlerts> {
    const { clock, log, random, runId } = context
    const config = await read(context, file)
    const alerting = await openAlerting({
      directory: join(directory, 'alerts'),
      config,
      clock,
      log,
      random,
      shared,
      secret: reference => readSecret(context, reference),
      lock: path => acquireLock(path, { runId, command: 'probe serve', clock }),
    })
    return new PatrolAlerts(context, file, alerting)
  }

  /** Reads the file anew. @throws OpsError E_CONFIG; everything is as it was then */
  async reload(): Promise<void> {
    this.alerting.reload(await read(this.#context, this.#file))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.alerting.close()
  }
}

async function read(context: Context, file: string | undefined): Promise<AlertingConfig> {
  if (file === undefined) return noAlerting
  const { config, warnings } = await loadAlerts(context, file)
  for (const { message, place } of warnings) context.log('warn', `${place}: ${message}`)
  return config
}
