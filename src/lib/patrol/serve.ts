import { join } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import type { Document } from '../core/report.ts'
import { readSecret } from '../fleet/index.ts'
import { metricsRoute } from '../net/exposition/metrics-route.ts'
import { ownProcess } from '../net/exposition/process-families.ts'
import { formatAddress, isLoopback, parseListenAddress } from '../net/server/listen-address.ts'
import { heartbeats, Looker } from '../probe/index.ts'
import { acquireLock } from '../run/lock.ts'
import { SharedThings } from '../run/shared-things.ts'
import { alertsRoute } from './api/alerts-route.ts'
import { blackboxRoute } from './api/blackbox-route.ts'
import { checkRoutes } from './api/check-routes.ts'
import { registryRoutes } from './api/registry-routes.ts'
import { loadBlackboxConfig, openBlackbox } from './blackbox/index.ts'
import { alertFamilies } from './exposition/alert-families.ts'
import { CheckFamilies } from './exposition/check-families.ts'
import { ownFamilies } from './exposition/own-families.ts'
import { registryFamilies } from './exposition/registry-families.ts'
import { History } from './history/history.ts'
import { openPatrolServer } from './open-patrol-server.ts'
import type { ServeOptions } from './options.ts'
import { LivePage } from './page/live-page.ts'
import { pageRoutes } from './page/page-routes.ts'
import { Patrol } from './patrol.ts'
import { PatrolAlerts } from './patrol-alerts.ts'
import { PatrolFleet } from './patrol-fleet.ts'
import { Recorder } from './recorder.ts'
import { listFiles } from './registry/check-files.ts'
import { openRegistryStream } from './registry/open-registry-stream.ts'
import { Registry } from './registry/registry.ts'
import { printOf, watchFiles } from './registry/watch-files.ts'
import { RegularCollection } from './regular-collection.ts'
import { Reloader } from './reloader.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import { stateDirectory } from './state-directory.ts'
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
  using reloader = new Reloader(context)
  const began = clock.monotonic()
  const directory = stateDirectory(paths.state)
  await using _lock = await acquireLock(join(directory, 'lock'), { runId: context.runId, command: 'probe serve', clock })
  using history = new History(join(directory, 'history.db'))
  await using shared = new SharedThings()
  await using alerts = await PatrolAlerts.open(context, { directory, shared, file: options.alerts })
  await using fleet = new PatrolFleet(context, options)
  await using recorder = new Recorder({ clock, log, history, raise: raised => alerts.alerting.raise(raised) })
  await using scheduler = new Scheduler({
    clock,
    random: context.random,
    workers: options.workers,
    capPerKey: options.perEndpoint,
    log,
  })
  using _collection = new RegularCollection(context, scheduler)
  const beats = shared.of(heartbeats)
  for (const [name, beat] of history.beats()) beats.beat(name, beat)
  for (const [name, since] of history.awaited()) beats.awaits(name, since)
  beats.listen(clock, (name, since) => recorder.await(name, since))
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
      sudo: () => fleet.sudo,
    }),
    onChange: watch => live.changed(watch),
  })
  const registry = new Registry(context, { options, fleet, patrol, history })
  const watched = async (): Promise<string[]> => [
    ...(await listFiles(context, options)).flatMap(({ files }) => files),
    ...registry.files,
    ...[options.alerts, options.blackbox].flatMap(path => path ?? []),
  ]
  const before = await printOf(context, watched)
  await registry.reload()
  await using blackbox = await openBlackbox(context, {
    targets: options.blackboxTarget,
    isLoopback: options.listen.every(isForThisMachine),
    ...(options.blackbox !== undefined && { file: options.blackbox }),
  })
  const modules = {
    reload: async (): Promise<void> => {
      try {
        blackbox.probes.use(await loadBlackboxConfig(context, options.blackbox))
      } catch (error) {
        blackbox.probes.refused()
        throw error
      }
    },
  }
  const parts = [registry, alerts, modules]
  using _files = watchFiles(context, { files: watched, before, onChange: () => reloader.request() })
  await using stream = await openRegistryStream(context, options, { registry, reloader })
  const checkFamilies = new CheckFamilies()
  const served = {
    patrol,
    history,
    recorder,
    heartbeats: beats,
    version: context.program.version,
    startedAt,
    now: () => ({ now: clock.now(), monotonic: clock.monotonic() }),
  }
  await using server = await openPatrolServer(context, options, [
    ...checkRoutes(served),
    ...registryRoutes(registry, reloader),
    alertsRoute(alerts.alerting),
    blackboxRoute(blackbox.probes),
    ...pageRoutes({ patrol, history, version: served.version, clock, live }),
    metricsRoute(() => [
      ...checkFamilies.of(patrol.told()),
      ...ownFamilies({
        version: served.version,
        scheduler,
        recorder,
        tally: tallyOf(patrol.told()),
        durations: patrol.durations,
        openIncidents: patrol.openIncidents(),
        reloads: registry.figures,
        process: ownProcess(startedAt),
      }),
      ...alertFamilies(alerts.alerting.status()),
      ...(stream ? registryFamilies(stream.figures) : []),
    ]),
  ])
  const where = server.addresses.map(formatAddress).join(', ')
  log('notice', `watching ${patrol.watches.size} checks, answering at ${where}`)
  if (patrol.watches.size === 0) log('warn', 'no check is watched: what -f names holds none yet')
  reloader.begin({ parts, told: () => `read anew: ${patrol.watches.size} checks` })
  recorder.prune()
  const silent = context.onInterrupt(hard => (hard ? '' : pendingText(patrol, { scheduler, alerts: alerts.alerting })))
  await untilStopped(context, () => recorder.prune())
  await server.close()
  await scheduler.drain(drainMs)
  silent()
  const checks = patrol.watches.size
  return {
    mime: 'text/plain',
    text: '',
    data: {
      checks,
      startedAt: rfc3339(startedAt),
      seconds: Math.round(clock.monotonic() - began) / 1000,
      ...tallyOf(patrol.told()),
    },
  }
}

/** For SIGUSR1, and at the end. */
function pendingText(
  patrol: Patrol,
  { scheduler, alerts }: { readonly scheduler: Scheduler; readonly alerts: PatrolAlerts['alerting'] },
): string {
  const { warn, unknown, fail } = tallyOf(patrol.told())
  const running = Object.values(scheduler.load().byClass).reduce((sum, each) => sum + each.running, 0)
  const undelivered = alerts.pending().length
  return `checks that are not well: ${warn + unknown + fail} of ${patrol.watches.size}; looks under way: ${running}; alerts not delivered: ${undelivered}`
}

/** Nobody else can ask then. */
function isForThisMachine(text: string): boolean {
  const address = parseListenAddress(text)
  return address.type !== 'tcp' || isLoopback(address.host)
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
