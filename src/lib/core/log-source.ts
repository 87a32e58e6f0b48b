import type { Clock } from './clock.ts'
import type { Context } from './context.ts'
import type { Log } from './io.ts'
import type { Json } from './json.ts'
import type { Pattern } from './pattern.ts'

/**
 * What is read from its beginning to its end, and remembered over restarts: one file under whatever names (a file that is written anew is
 * another one), the entries of a journal, everything that came to a listener.
 */
export interface Stream {
  /** Unique for ever: letters and digits. */
  readonly id: string
  /** What it is, in the words of its source: how to find it again. Small. */
  readonly identity: Json
  /** As people know it: a path. */
  readonly title: string
  /**
   * Where to go on: what lies before is with every sink or kept safe for it, or was told as a gap. `token` is that of the lines that end here,
   * for what is not found by a number of bytes.
   */
  readonly resume: { readonly at: number; readonly token?: Json }
  /** Behind `resume`, ascending: where lines must be cut, so that what was under way when the process died is sent again as it was. */
  readonly cuts: readonly number[]
  /** Everything up to here is with every sink, by its receipt. Grows while the source reads. */
  readonly delivered: number
  /** Replaces the identity: a path that changed, a longer prefix. Durable when it settles. @throws OpsError E_STATE */
  describe(identity: Json, title?: string): Promise<void>
}

/** The streams of one source. */
export interface Streams {
  /** Those that are not forgotten yet, as an earlier process left them. */
  known(): readonly Stream[]
  /** A new one. Durable when it settles. @throws OpsError E_STATE when the disk is full: try again later */
  begin(identity: Json, title: string): Promise<Stream>
}

/** Whole lines, each ended by a newline, of bytes `from` to `to` of a stream. */
export interface SourceLines {
  readonly kind: 'lines'
  readonly stream: Stream
  /** UTF-8, good until the next event is asked for: whoever keeps any of it copies. A last line without its end gets one. */
  readonly bytes: Uint8Array
  /** In what the source counts by, bytes out of their compression most often: `from` is the `to` of the lines before. */
  readonly from: number
  readonly to: number
  readonly token?: Json
  /** The bytes are one line of which the rest was left out: its length in all. */
  readonly cutFrom?: number
  /** Where the lines are events of several lines each: behind the last byte of every one, ascending. */
  readonly ends?: Uint32Array
  /** What every record of it is to have besides: `host`, `container`. */
  readonly fields?: Readonly<Record<string, string>>
  /** They will soon be nowhere else: who can not deliver them puts them by. */
  readonly isLastChance?: boolean
}

/** Bytes that were there and can not be had any more, or may be missing: it is told, and stands in the ledger. */
export interface SourceGap {
  readonly kind: 'gap'
  readonly stream: Stream
  readonly from: number
  /** Where reading goes on in the same stream; absent where the stream ends with the gap. */
  readonly to?: number
  /** How much is lost at least; absent where nobody can know. */
  readonly bytes?: number
  /** Few different words: `truncated before it was read`. */
  readonly reason: string
}

/** Nothing more comes of a stream: forgotten as soon as all of it is delivered. */
export interface SourceEnd {
  readonly kind: 'end'
  readonly stream: Stream
  /** Why it ended before its end. */
  readonly failure?: string
}

/** Nothing is there at the moment: whoever holds something back for company lets it go. */
export interface SourceIdle {
  readonly kind: 'idle'
}

export type SourceEvent = SourceLines | SourceGap | SourceEnd | SourceIdle

/** How lines are told apart, the same for all sources that read bytes. */
export interface Framing {
  /** Longest line, bytes without its newline, and what becomes of a longer one. */
  readonly maxLineBytes: number
  readonly longLines: 'cut' | 'split' | 'skip'
  /** Of the bytes; absent: UTF-16 where a mark of byte order says so, else UTF-8. */
  readonly encoding?: TextEncoding
  /** Absent: every line is an event of its own. */
  readonly multiline?: Multiline
  /** Absent, or beside none of `multiline`: every line stands for itself. */
  readonly pieces?: Pieces
}

/** Lines of a format may be pieces of a longer one, and are to come together. */
export interface Pieces {
  /** Where pieces begin, at the end of whole lines, whose rest is still to come; the length of all where there are none. */
  readonly from: (lines: Uint8Array) => number
  /** When nothing more came for so long, nothing more is waited for. */
  readonly timeoutMs: number
}

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1' | 'gb18030'

/** Which lines are one event: a stack trace with what it is about. */
export interface Multiline {
  /** Lines that fit begin an event, go on with one, or end it; or those go on that begin with a blank. */
  readonly by: { readonly line: 'start' | 'continue' | 'end'; readonly pattern: Pattern } | { readonly line: 'indented' }
  /** An event of more is several. One of more bytes than a line may have, too. */
  readonly maxLines: number
  /** When nothing more came for so long, an event is at its end. */
  readonly timeoutMs: number
}

export interface SourcePlace {
  /** As the pipeline calls it. */
  readonly name: string
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly signal: AbortSignal
  readonly log: Log
  /** Relative paths are from here. */
  readonly cwd: string
  readonly streams: Streams
  /** Goes on at the end, waiting for more, until the signal aborts. Else what is there is read once, and the events end. */
  readonly follow: boolean
  readonly framing: Framing
  /** For sources that reach other hosts, run programs or read stdin. */
  readonly context: Context
  /** Called when a part of the source, a host or a file, can not be read while others can: why; undefined when it can again. */
  readonly onPart?: (part: string, problem: string | undefined) => void
}

/** Where lines come from. Reading its parameters opens nothing. */
export interface LogSource {
  /** For people: `/var/log/nginx/*.log`. */
  readonly title: string
  /** What was read can be read again after a restart: it is not put by before it is delivered, unless a sink lags. */
  readonly isReplayable: boolean
  /** The format of its lines where none is named; absent: found out from the first lines. */
  readonly usualFormat?: string
  /** Whether a file of this machine would be read, by its path; absent where none is. Relative patterns are from `cwd`. */
  readonly readsFile?: (path: string, cwd: string) => boolean
  /**
   * What comes, one event after the other; the next is not asked for while there is no room. Trouble of one stream does not end the others: it
   * is logged, once, and tried again. Ends soon after the signal aborts.
   * @throws OpsError when the source as a whole can not be read
   */
  read(place: SourcePlace): AsyncIterable<SourceEvent>
}
