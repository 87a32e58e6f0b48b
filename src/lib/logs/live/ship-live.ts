import type { Connector, Context } from '../../core/context.ts'
import { OpsError } from '../../core/errors.ts'
import type { SourceEvent, SourcePlace } from '../../core/log-source.ts'
import type { ByteStream } from '../../core/report.ts'
import { failedResult, type HostResult, openFleet } from '../../fleet/index.ts'
import { Semaphore } from '../../run/semaphore.ts'
import type { Format } from '../formats/format.ts'
import type { ShipOptions } from '../options.ts'
import { ShipResult } from '../ship-result.ts'
import { merged } from '../sources/ssh/merged.ts'
import { RemoteHost } from '../sources/ssh/remote-host.ts'
import { LiveRecords } from './live-records.ts'
import { LiveStreams } from './live-streams.ts'

const pollMs = 1000

export interface LiveOptions extends ShipOptions {
  /** Absent: found out from the first lines of each file. */
  readonly known: Format | undefined
}

/** Records of files that are followed, and of files of other hosts: nothing is remembered. @throws OpsError E_USAGE and those of openFleet */
export function shipLive(context: Context, options: LiveOptions): ByteStream {
  const { file, targets } = options
  const isRemote = targets.length > 0
  if (file.length === 0) throw new OpsError('E_USAGE', `no files were named${isRemote ? ' that the hosts are to send' : ''}`)
  if (!isRemote && file.includes('-'))
    throw new OpsError('E_USAGE', 'stdin can not be followed beside files', { hint: 'stdin alone is read until it ends' })
  const relative = isRemote ? file.find(path => !path.startsWith('/')) : undefined
  if (relative !== undefined) throw new OpsError('E_USAGE', `'${relative}': a path on a host is absolute`)
  const result = new ShipResult(context)
  const events = isRemote ? hostEvents(context, { options, result }) : fileEvents(context, options)
  const records = new LiveRecords({ format: options.known, log: context.log, result })
  return { bytes: records.of(events), report: () => result.report() }
}

async function* fileEvents(context: Context, options: LiveOptions): AsyncGenerator<SourceEvent> {
  const file = await context.component('source', 'file')
  const { file: paths, start } = options
  const streams = new LiveStreams()
  const events = file.build({ paths: [...paths], start }).read(placeOf(context, { options, streams }))
  for await (const event of events) {
    if (event.kind === 'idle' && streams.begun === 0) context.log('warn', 'no such file yet: waiting for it', { paths })
    yield event
  }
}

async function* hostEvents(
  context: Context,
  { options, result }: { readonly options: LiveOptions; readonly result: ShipResult },
): AsyncGenerator<SourceEvent> {
  await using fleet = await openFleet(context, options)
  const { file: paths, follow, start, retries, concurrency } = options
  const slots = new Semaphore(concurrency)
  const { connector, sudo, signal, hosts } = fleet
  // Hosts that are followed stay connected: what is limited is how many log in at a time.
  const connecting: Pick<Connector, 'connect'> = {
    connect: async (host, how) => {
      using _slot = await slots.acquire(1, how.signal)
      return await connector.connect(host, how)
    },
  }
  const visits = hosts.map(async function* (host): AsyncGenerator<SourceEvent> {
    const tell = (came: HostResult): void =>
      result.tell({ path: host.name, host: host.name, name: host.name, ...result.look, ...came })
    try {
      using _slot = follow ? undefined : await slots.acquire(1, signal)
      const streams = new LiveStreams()
      const remote = new RemoteHost({
        ...{ host, paths, start, pollMs, attempts: retries + 1, isExcluded: () => false },
        ...(sudo && { sudo }),
        place: placeOf(context, { options, streams, signal }),
        connector: follow ? connecting : connector,
      })
      let isTold = false
      for await (const event of remote.events()) {
        if (event.kind === 'idle' && streams.begun === 0 && !isTold) {
          isTold = true
          context.log('warn', 'no such file there yet: waiting for it', { host: host.name, paths })
        }
        yield event
      }
      if (!follow && streams.begun === 0 && !signal.aborted)
        tell({ outcome: 'failed', reason: 'missing', message: `no file there fits ${paths.join(' ')}` })
    } catch (error) {
      tell(failedResult(error, signal))
    }
  })
  yield* merged(visits)
}

function placeOf(
  context: Context,
  {
    options,
    streams,
    signal = context.signal,
  }: { readonly options: LiveOptions; readonly streams: LiveStreams; readonly signal?: AbortSignal },
): SourcePlace {
  const { clock, random, log, paths } = context
  const { follow, maxLine, longLines } = options
  return {
    ...{ name: 'live', clock, random, log, cwd: paths.cwd, follow, context, streams, signal },
    framing: { maxLineBytes: maxLine, longLines },
  }
}
