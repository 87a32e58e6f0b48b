import { z } from 'zod'
import { defineSource } from '../../core/component.ts'
import type { InputPort } from '../../core/io.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import type { SourceEvent, SourcePlace } from '../../core/log-source.ts'
import { parseParams } from '../../core/params.ts'
import { arrivingLines } from './arrivals/arriving-lines.ts'
import { ByteInbox } from './arrivals/byte-inbox.ts'
import { formerStreams } from './arrivals/former-streams.ts'

const params = z.strictObject({})

export default defineSource({
  type: 'stdin',
  version: '1.0.0',
  summary: 'what comes on stdin, until its end',
  stability: 'experimental',
  schema: jsonSchemaOf(params),
  example: {},
  build(config) {
    parseParams(params, config)
    return { title: 'stdin', isReplayable: false, read: readStdin }
  },
})

async function* readStdin(place: SourcePlace): AsyncGenerator<SourceEvent> {
  yield* formerStreams(place)
  const stream = await place.streams.begin({ kind: 'stdin' }, 'stdin')
  const inbox = new ByteInbox(place.clock)
  const stop = new AbortController()
  // A pipe on which nothing comes is not waited for.
  const end = (): void => inbox.end()
  place.signal.addEventListener('abort', end, { once: true })
  if (place.signal.aborted) end()
  try {
    void pour(place.context.io.stdin, { inbox, signal: AbortSignal.any([place.signal, stop.signal]) })
    yield* arrivingLines(inbox, { stream, framing: place.framing })
  } finally {
    place.signal.removeEventListener('abort', end)
    stop.abort()
    inbox.end()
  }
  yield { kind: 'end', stream }
}

async function pour(
  stdin: InputPort,
  { inbox, signal }: { readonly inbox: ByteInbox; readonly signal: AbortSignal },
): Promise<void> {
  try {
    for await (const bytes of stdin.read(signal, { borrows: true })) await inbox.add(bytes)
    inbox.end()
  } catch (error) {
    inbox.end({ error })
  }
}
