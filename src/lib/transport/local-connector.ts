import type { Connector, Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Host } from '../core/host.ts'
import type { Transport } from '../core/transport.ts'
import { LocalTransport } from './local.ts'

/** For runs on this machine alone: nothing of SSH is loaded, and no SSH configuration read. */
export class LocalConnector implements Connector {
  readonly #parts: Pick<Context, 'clock' | 'env'>

  constructor({ clock, env }: Pick<Context, 'clock' | 'env'>) {
    this.#parts = { clock, env }
  }

  async connect(host: Host): Promise<Transport> {
    if (host.via !== 'local') throw new OpsError('E_BUG', `${host.name} is not this machine`)
    return new LocalTransport(host, this.#parts)
  }

  login(host: Host): Promise<Transport> {
    return this.connect(host)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
