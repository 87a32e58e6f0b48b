import type { Connector, ConnectSpec, Context } from '../core/context.ts'

/** Connections by the OpenSSH configuration and known_hosts of this user, or none where this machine is the only host. */
export async function openConnector(context: Context, spec: ConnectSpec): Promise<Connector> {
  if (spec.onlyLocal) return new (await import('../transport/local-connector.ts')).LocalConnector(context)
  const { makeConnector } = await import('../transport/connector.ts')
  return makeConnector(context, spec)
}
