import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Component } from '../../../src/lib/core/component.ts'
import type { Context } from '../../../src/lib/core/context.ts'
import { systemClock } from '../../../src/lib/io/system-clock.ts'
import { TlsContexts } from '../../../src/lib/net/tls/tls-contexts.ts'
import { type AllowedTargets, anyTarget } from '../../../src/lib/patrol/blackbox/allowed-targets.ts'
import { BlackboxProbes } from '../../../src/lib/patrol/blackbox/blackbox-probes.ts'
import { parseBlackboxConfig } from '../../../src/lib/patrol/blackbox/config/load-blackbox-config.ts'
import { systemPing } from '../../../src/lib/patrol/blackbox/system-ping.ts'
import icmp from '../../../src/lib/probe/checks/icmp.ts'
import { Semaphore } from '../../../src/lib/run/semaphore.ts'
import { LocalConnector } from '../../../src/lib/transport/local-connector.ts'
import { type Prober, proberAt } from './blackbox-exporter.ts'

interface Options {
  readonly allowed?: AllowedTargets
  readonly env?: Readonly<Record<string, string>>
}

/** Probes of this configuration, with all that is behind them. */
export function ownProbes(config: string, { allowed = anyTarget, env = {} }: Options = {}): BlackboxProbes {
  const component = (async () => icmp satisfies Component<'check'>) as unknown as Context['component']
  return new BlackboxProbes({
    clock: systemClock,
    cwd: '/',
    env,
    allowed,
    modules: parseBlackboxConfig(config, 'blackbox.yml').modules,
    tls: { slots: new Semaphore(20), contexts: new TlsContexts() },
    ping: systemPing({ clock: systemClock, component, connector: new LocalConnector({ clock: systemClock, env: process.env }) }),
  })
}

/** The same behind a small server. */
export async function ownProber(config: string, options: Options = {}): Promise<Prober & AsyncDisposable> {
  const probes = ownProbes(config, options)
  const server = createServer((request, response) => {
    const ended = new AbortController()
    response.on('close', () => ended.abort(new Error('nobody waits')))
    const { searchParams: query } = new URL(request.url ?? '', 'http://localhost')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    probes.answer({ query, headers, signal: ended.signal }).then(
      ({ status, contentType, body }) => response.writeHead(status, { 'content-type': contentType }).end(body),
      error => response.writeHead(500).end(String(error?.stack ?? error)),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    ...proberAt((server.address() as AddressInfo).port),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
