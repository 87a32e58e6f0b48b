import { OpsError } from '../../../core/errors.ts'
import type { SourceEvent, SourcePlace } from '../../../core/log-source.ts'
import { formerStreams } from '../arrivals/former-streams.ts'
import { formatListenUrl } from './listen-urls.ts'
import { Listeners, type SyslogSettings } from './listeners.ts'
import { MessageBox } from './message-box.ts'

/** Everything that comes while this runs is one stream, counted in bytes of its messages. @throws OpsError */
export async function* readSyslog(place: SourcePlace, settings: SyslogSettings): AsyncGenerator<SourceEvent> {
  if (!place.follow) throw new OpsError('E_USAGE', 'syslog has no end: it is read with --follow only')
  yield* formerStreams(place)
  const title = settings.listen.map(formatListenUrl).join(', ')
  const stream = await place.streams.begin({ kind: 'syslog', startedAt: place.clock.now() }, title)
  const box = new MessageBox(stream, place.framing)
  await using listeners = await Listeners.open(place, settings, box)
  // What was taken from the network by then is still told.
  const stop = (): void => void listeners[Symbol.asyncDispose]().finally(() => box.end())
  place.signal.addEventListener('abort', stop, { once: true })
  if (place.signal.aborted) stop()
  try {
    for (let events = await box.take(); events !== undefined; events = await box.take()) {
      yield* events
      if (box.isEmpty) yield { kind: 'idle' }
    }
  } finally {
    place.signal.removeEventListener('abort', stop)
    box.end()
  }
  yield { kind: 'end', stream }
}
