import type { Connector, Context } from '../core/context.ts'

/** One pool for all applies of a watch: hosts are logged in to once, not for every revision. */
export class KeptConnections implements AsyncDisposable {
  readonly #context: Context
  #opened: Promise<Connector> | undefined

  constructor(context: Context) {
    this.#context = context
  }

  /** Closing it closes nothing: the next apply uses it again. */
  async connector(spec: Parameters<Context['connector']>[0]): Promise<Connector> {
    this.#opened ??= this.#context.connector(spec)
    const opened = await this.#opened
    return {
      connect: (host, options) => opened.connect(host, options),
      login: (host, options) => opened.login(host, options),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#opened)?.[Symbol.asyncDispose]()
  }
}
