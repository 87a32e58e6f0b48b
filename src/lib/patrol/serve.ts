import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Alerting, noAlerting, openAlerting } from '../alert/index.ts'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { OpsError, toOpsError } from '../core/errors.ts'
import type { Document } from '../core/report.ts'
import { formatAddress } from '../net/server/listen-address.ts'
import { type OpenServer, openServer } from '../net/server/open-server.ts'
import { routes } from '../net/server/router.ts'
import { heartbeats, Looker, readSecret, SharedThings } from '../probe/index.ts'
import { acquireLock } from '../run/lock.ts'
import { checkRoutes } from './api/check-routes.ts'
import { metricsRoute } from './api/metrics-route.ts'
import { registryRoutes } from './api/registry-routes.ts'
import { CheckFamilies } from './exposition/check-families.ts'
import { ownFamilies } from './exposition/own-families.ts'
import { History } from './history/history.ts'
import type { ServeOptions } from './options.ts'
import { LivePage } from './page/live-page.ts'
import { pageRoutes } from './page/page-routes.ts'
import { Patrol } from './patrol.ts'
import { PatrolFleet } from './patrol-fleet.ts'
import { Recorder } from './recorder.ts'
import { Registry } from './registry/registry.ts'
import { watchFiles } from './registry/watch-files.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import { tallyOf } from './view.ts'

/** What runs at the end may take so long to end, milliseconds. */
const drainMs = 5000
const pruneEveryMs = 3_600_000

/**
 * Watches checks and answers questions about them until it is told to stop; SIGHUP reads the checks anew.
 * @throws OpsError E_LOCKED when another patrol has the state; those of probe for what is wrong at the start
 */
export async function serve(context: Context, options: ServeOptions): Promise<Document> {
  const { clock, log, paths } = context
  const startedAt = clock.now()
  const began = clock.monotonic()
  const directory = join(paths.state, 'patrol')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  await using _lock = await acquireLock(join(directory, 'lock'), { runId: context.runId, command: 'probe serve', clock })
  using history = new History(join(directory, 'history.db'))
  await using shared = new SharedThings()
  await using alerting = await alertingOf(context, options, { directory, shared })
  await using fleet = new PatrolFleet(context, options)
  await using recorder = new Recorder({ clock, log, history, raise: alerts => alerting.raise(alerts) })
  await using scheduler = new Scheduler({
    clock,
    random: context.random,
    workers: options.workers,
    capPerKey: options.perEndpoint,
    log,
  })
  const beats = shared.of(heartbeats)
  for (const [name, beat] of history.beats()) beats.beat(name, beat)
  beats.listen(clock)
  using live: LivePage = new LivePage({ clock, patrol: () => patrol })
  const patrol = new Patrol({
    clock,
    log,
    history,
    recorder,
    scheduler,
    looker: new Looker(clock, {
      connector: fleet.connector,
      shared,
      secret: reference => readSecret(context, reference),
      ...(fleet.sudo && { sudo: fleet.sudo }),
    }),
    onChange: watch => live.changed(watch),
  })
  const registry = new Registry(context, { options, fleet, patrol, history })
  await registry.reload()
  const reload = (): void => {
    registry.reload().then(
      () => log('info', `read anew: ${patrol.watches.size} checks`),
      error => log('error', `not read anew, everything goes on as before: ${toOpsError(error).message}`),
    )
  }
  using _files = watchFiles(context, options, reload)
  await using _stream = await streamOf(context, options, registry)
  const checkFamilies = new CheckFamilies()
  const served = {
    patrol,
    history,
    heartbeats: beats,
    version: context.program.version,
    startedAt,
    now: () => ({ now: clock.now(), monotonic: clock.monotonic() }),
  }
  await using server = await opened(context, options, [
    ...checkRoutes(served),
    ...registryRoutes(registry),
    ...pageRoutes({ patrol, history, version: served.version, clock, live }),
    metricsRoute(() => [
      ...checkFamilies.of(patrol.watches.values()),
      ...ownFamilies({
        version: served.version,
        startedAt,
        scheduler,
        recorder,
        tally: tallyOf(patrol.watches.values()),
        durations: patrol.durations,
        openIncidents: patrol.openIncidents(),
        reloads: registry.figures,
        cpuSeconds: cpuSeconds(),
        residentBytes: process.memoryUsage.rss(),
      }),
    ]),
  ])
  const where = server.addresses.map(formatAddress).join(', ')
  log('info', `watching ${patrol.watches.size} checks, answering at ${where}`)
  const forget = context.onReload(reload)
  await untilStopped(context, () => history.prune(clock.now()))
  forget()
  await server.close()
  await scheduler.drain(drainMs)
  const checks = patrol.watches.size
  return {
    mime: 'text/plain',
    text: '',
    data: {
      checks,
      startedAt: rfc3339(startedAt),
      seconds: Math.round(clock.monotonic() - began) / 1000,
      ...tallyOf(patrol.watches.values()),
    },
  }
}

async function alertingOf(
  context: Context,
  options: ServeOptions,
  { directory, shared }: { readonly directory: string; readonly shared: SharedThings },
): Promise<Alerting> {
  const { clock, log, random } = context
  if (options.alerts !== undefined) throw new OpsError('E_USAGE', '--alerts can not be read yet')
  return openAlerting({
    directory: join(directory, 'alerts'),
    config: noAlerting,
    clock,
    log,
    random,
    shared,
    secret: reference => readSecret(context, reference),
    lock: path => acquireLock(path, { runId: context.runId, command: 'probe serve', clock }),
  })
}

/** @throws OpsError E_USAGE for an address that is none, E_CONFIG for a password file that can not be read */
async function streamOf(context: Context, options: ServeOptions, registry: Registry): Promise<AsyncDisposable | undefined> {
  const { registry: address, registryGroup, registryPasswordFile } = options
  if (address === undefined) return undefined
  const { clock, log, signal } = context
  const url = URL.canParse(address) ? new URL(address) : undefined
  const stream = decodeURIComponent(url?.pathname.slice(1) ?? '')
  if (!url || !/^rediss?:$/.test(url.protocol) || stream === '' || url.password !== '')
    throw new OpsError('E_USAGE', '--registry must be redis://HOST:PORT/STREAM, without a password', {
      hint: 'give a password with --registry-password-file',
    })
  const { RegistryStream } = await import('./registry/registry-stream.ts')
  return new RegistryStream(registry, {
    url: `${url.protocol}//${url.username ? `${url.username}@` : ''}${url.host}`,
    stream,
    group: registryGroup ?? `opsctl-${hostname()}`,
    ...(registryPasswordFile !== undefined && { password: await readSecret(context, { file: registryPasswordFile }) }),
    clock,
    log,
    signal,
  })
}

function opened(context: Context, options: ServeOptions, all: Parameters<typeof routes>[0]): Promise<OpenServer> {
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
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { cert: tlsCert, key: tlsKey, ...(clientCa && { clientCa }) } }),
    access: { ...(tokenFile && { changeTokens: tokenFile }), ...(readTokenFile && { readTokens: readTokenFile }) },
    // It is closed in its turn at the end, after the last answers.
    signal: new AbortController().signal,
    clock,
    log,
  })
}

function untilStopped({ clock, signal }: Context, prune: () => void): Promise<void> {
  return new Promise(resolve => {
    let cancel = clock.timer(pruneEveryMs, function again() {
      prune()
      cancel = clock.timer(pruneEveryMs, again)
    })
    const stop = (): void => {
      cancel()
      resolve()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
