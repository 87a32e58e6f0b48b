import type { SourceEnd, SourcePlace } from '../../../core/log-source.ts'

/** What an earlier process took in can not be read again: of its streams nothing more comes. */
export function* formerStreams({ streams }: SourcePlace): Generator<SourceEnd> {
  for (const stream of streams.known()) yield { kind: 'end', stream }
}
