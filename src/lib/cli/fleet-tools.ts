import type { Connector, ConnectSpec, Context, InventorySpec } from '../core/context.ts'
import { hostNamed, type Inventory } from '../core/host.ts'
import { LocalTransport } from '../transport/local.ts'

/** The union of the named inventories and this machine. @throws OpsError E_INVENTORY */
export async function readInventory(_context: Context, _spec: InventorySpec): Promise<Inventory> {
  return { hosts: new Map([['localhost', hostNamed('localhost', { via: 'local' })]]), groups: new Map() }
}

export async function openConnector({ clock, env }: Context, _spec: ConnectSpec): Promise<Connector> {
  return {
    connect: async host => new LocalTransport(host, { clock, env }),
    async [Symbol.asyncDispose]() {},
  }
}
