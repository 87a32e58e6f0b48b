import type { Connector, Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import type { Sudo } from '../core/transport.ts'
import { connectFleet, type Fleet } from '../fleet/index.ts'
import type { ServeOptions } from './options.ts'

/** Connections to the hosts of the checks, kept over every reload: a host that comes later is connected to when it is looked at. */
export class PatrolFleet implements AsyncDisposable {
  readonly #context: Context
  readonly #options: ServeOptions
  #fleet: Fleet | undefined
  /** The one before it: looks go on with what they began with. */
  #before: Fleet | undefined
  /** One that knows this machine alone has not loaded what other hosts need. */
  #knowsOthers = false

  constructor(context: Context, options: ServeOptions) {
    this.#context = context
    this.#options = options
  }

  /** What is needed for these hosts. @throws OpsError E_SSH_CONFIG, E_LIMITS; then all is as it was */
  async prepare(hosts: readonly Host[]): Promise<void> {
    const needsOthers = hosts.some(({ via }) => via !== 'local')
    if (this.#fleet && (this.#knowsOthers || !needsOthers)) return
    const next = await connectFleet(this.#context, hosts, { ...this.#options, concurrency: this.#options.workers, deadline: 0 })
    this.#before = this.#fleet
    this.#fleet = next
    this.#knowsOthers = needsOthers
  }

  get connector(): Connector {
    const open = (): Fleet => {
      if (this.#fleet) return this.#fleet
      throw new TypeError('no hosts were prepared')
    }
    return {
      connect: (host, options) => open().connector.connect(host, options),
      login: (host, options) => open().connector.login(host, options),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  get sudo(): Sudo | undefined {
    return this.#fleet?.sudo
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet?.[Symbol.asyncDispose]()
    await this.#before?.[Symbol.asyncDispose]()
  }
}
