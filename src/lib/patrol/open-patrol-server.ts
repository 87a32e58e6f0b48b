import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import { type OpenServer, openServer } from '../net/server/open-server.ts'
import { type Route, routes } from '../net/server/router.ts'
import type { ServeOptions } from './options.ts'

/** A probe that Prometheus asks for may take its whole scrape, two minutes at most; milliseconds. */
const requestMs = 130_000

/** Answers where the flags say, to whom they say. @throws OpsError E_USAGE, E_CONFIG */
export function openPatrolServer(context: Context, options: ServeOptions, all: readonly Route[]): Promise<OpenServer> {
  const { clock, log } = context
  const { listen, insecureListen, serverName, tlsCert, tlsKey, clientCa, tokenFile, readTokenFile } = options
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new OpsError('E_USAGE', '--tls-cert and --tls-key go together')
  if (clientCa !== undefined && tlsCert === undefined)
    throw new OpsError('E_USAGE', '--client-ca needs TLS', { hint: 'add --tls-cert and --tls-key' })
  return openServer({
    listen,
    handler: routes(all),
    names: serverName,
    insecureListen,
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { cert: tlsCert, key: tlsKey, ...(clientCa !== undefined && { clientCa }) } }),
    access: {
      ...(tokenFile !== undefined && { changeTokens: tokenFile }),
      ...(readTokenFile !== undefined && { readTokens: readTokenFile }),
    },
    // It is closed in its turn at the end, after the last answers.
    signal: new AbortController().signal,
    clock,
    log,
    limits: { requestMs },
  })
}
