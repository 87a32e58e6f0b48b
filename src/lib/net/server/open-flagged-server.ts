import type { Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { AccessOptions } from './access.ts'
import type { ServerLimits } from './limits.ts'
import { type OpenServer, openServer } from './open-server.ts'
import { type Route, routes } from './router.ts'
import type { ServerFlags } from './server-fields.ts'

interface Served {
  readonly routes: readonly Route[]
  readonly limits?: Partial<ServerLimits>
  /** Besides what the flags say. */
  readonly access?: AccessOptions
}

/** Answers where the flags say, to whom they say, until it is closed. @throws OpsError E_USAGE, E_CONFIG */
export function openFlaggedServer(context: Context, flags: ServerFlags, served: Served): Promise<OpenServer> {
  const { clock, log } = context
  const { listen, insecureListen, serverName, tlsCert, tlsKey, clientCa, tokenFile, readTokenFile } = flags
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new OpsError('E_USAGE', '--tls-cert and --tls-key go together')
  if (clientCa !== undefined && tlsCert === undefined)
    throw new OpsError('E_USAGE', '--client-ca needs TLS', { hint: 'add --tls-cert and --tls-key' })
  return openServer({
    listen,
    handler: routes(served.routes),
    names: serverName,
    insecureListen,
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { cert: tlsCert, key: tlsKey, ...(clientCa !== undefined && { clientCa }) } }),
    access: {
      ...(tokenFile !== undefined && { changeTokens: tokenFile }),
      ...(readTokenFile !== undefined && { readTokens: readTokenFile }),
      ...served.access,
    },
    // It is closed in its turn at the end, after the last answers.
    signal: new AbortController().signal,
    clock,
    log,
    ...(served.limits && { limits: served.limits }),
  })
}
