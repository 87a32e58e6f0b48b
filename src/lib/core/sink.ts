import type { SecretReference, Shared } from './check.ts'
import type { Clock } from './clock.ts'
import type { Log } from './io.ts'
import type { Json } from './json.ts'

/** Records that are acknowledged together: what became of one range of one stream. */
export interface Parcel {
  /**
   * The same for every attempt and after a restart, another for everything else: letters, digits and `.:_-` only, 200 at most. With the
   * number of a record in its parcel it names that record in the whole world.
   */
  readonly id: string
  /** JSON objects, one a line, each line ended by a newline. Nobody changes them, and they are kept until the receipt. */
  readonly records: Uint8Array
  /** How many records; 0 for a range of which nothing is to be delivered, which sinks are not given. */
  readonly count: number
  /** Where it is a part of a larger parcel, which was too large or of which only some are still to be sent: of which, from which record on. */
  readonly part?: { readonly of: string; readonly first: number }
}

/** The name of a record: the same however its parcel is parted, for sinks that want a key for each. Letters, digits and `.:_-` only. */
export const recordName = ({ id, part }: Pick<Parcel, 'id' | 'part'>, record: number): string =>
  part ? `${part.of}.${part.first + record}` : `${id}.${record}`

/** A record of those that were sent together: the parcel it is in, and its number there, both from 0. */
export interface RecordPlace {
  readonly parcel: number
  readonly record: number
}

/** A record that the other side will never take, and why, in few different words. */
export interface RefusedRecord extends RecordPlace {
  readonly reason: string
}

/** What came of one attempt to deliver. The lane splits, waits, tries again, logs and puts away the dead: sinks do none of that. */
export type Receipt =
  | {
      /** Durable on the other side, but for the refused ones. */
      readonly result: 'delivered'
      readonly refused?: readonly RefusedRecord[]
      /** What the sink wants to be opened with after a restart, kept together with the acknowledgement: how long its file is. */
      readonly state?: Json
    }
  /**
   * What stands in these records will never be taken, by nobody's mending: a body that is refused as such. All of them become dead letters.
   * So it is not for what refuses everything, a wrong token, address, tenant or index: that is `later`, tried again for ever and told once,
   * since it is mended on the other side or in the file of the pipeline, and would empty the log into the dead letters until then. Of HTTP
   * 401, 402, 403, 404, 405, 407 and 410 are `later`; 400 and 422 are `refused`.
   */
  | { readonly result: 'refused'; readonly message: string }
  /** To be sent again in smaller pieces; a single record that is too large is dead. */
  | { readonly result: 'too-large'; readonly message: string }
  /** To be sent again, not before `afterMs` where the other side says so; only `pending` where the others were taken or refused. */
  | {
      readonly result: 'later'
      readonly message: string
      readonly afterMs?: number
      readonly pending?: readonly RecordPlace[]
      readonly refused?: readonly RefusedRecord[]
    }

/** What a sink may use as long as it is open. */
export interface SinkPlace {
  /** As the pipeline calls it. */
  readonly name: string
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
  /** Relative paths are from here. */
  readonly cwd: string
  /** The state of the last receipt that had one; absent at the first start. */
  readonly state?: Json
  /** Reads a secret that a parameter refers to: the first line of a file, or all of it, such as a key. @throws OpsError E_CONFIG */
  readonly secret: (reference: SecretReference, form?: { readonly whole?: boolean }) => Promise<string>
  /** What all sinks share, such as pools of connections. */
  readonly shared: Shared
  /** For the sink that writes to stdout. */
  readonly stdout: (bytes: Uint8Array) => Promise<void>
}

/** How much one send takes, and how many may be under way at a time. */
export interface SinkLimits {
  /** More is sent in several: a single parcel may exceed it, and is then split by records. */
  readonly bytes: number
  readonly records: number
  /** Sends that begin before the receipt of those before them; they are acknowledged in order. 1: none. */
  readonly underWay: number
  /** What may wait for it in memory, bytes, where a send is to be larger than what waits for most; absent where that is ample. */
  readonly held?: number
}

/** Where records go. Reading its parameters contacts nobody. */
export interface Sink {
  /** For people, without secrets: `Loki at logs.example:3100`. */
  readonly title: string
  readonly limits: SinkLimits
  /** What files of this machine are called that it writes, absolute: the one that is written first; absent where it writes none. */
  readonly writesFiles?: (cwd: string) => readonly string[]
  /** Makes ready what is of this machine; the network is not touched before the first send. @throws OpsError when it can never work */
  open(place: SinkPlace): Promise<OpenSink>
}

export interface OpenSink extends AsyncDisposable {
  /** What it wants to be opened with after a restart, remembered before the first send. */
  readonly state?: Json
  /**
   * One attempt. Trouble of the other side is in the Receipt, never a throw; it ends soon after the signal aborts, which it does at the
   * deadline of the attempt. The same parcels sent again have the same ids, so that what can tell doubles drops them.
   * @throws OpsError E_OUTPUT where stdout is gone for good, which ends the run
   */
  send(parcels: readonly Parcel[], signal: AbortSignal): Promise<Receipt>
  /** Time went by (about every second), and nothing is under way: files are rolled and closed. Gives its state where that changed. */
  tend?(): Promise<Json | undefined>
}
