import type { CheckSpec } from './check.ts'
import type { Clock } from './clock.ts'
import type { Json } from './json.ts'
import type { Command, Output, Sudo, Transport } from './transport.ts'

/** A step as data: the change file, the journal and an undo in another process all work from this alone. */
export interface StepSpec {
  /** Unique in its plan; what reports and handlers name. */
  readonly id: string
  /** Type of a component of kind `step`. */
  readonly kind: string
  /** Complete: what another process needs, local file contents included. Checked by the kind before anything is contacted. */
  readonly params: Json
  /** Where hosts differ: what a host takes in the place of `params`. Null leaves the step out there. */
  readonly perHost?: Variants
  /** A handler: runs once after these steps when one of them changed something, and again after their undo. */
  readonly on?: readonly string[]
  /** Must pass before the step is begun. */
  readonly precheck: readonly CheckSpec[]
  /** Must pass after it. */
  readonly verify: readonly CheckSpec[]
}

/** Parameters that differ from host to host, each kept once. */
export interface Variants {
  readonly variants: readonly (Json | null)[]
  /** Index into `variants` by host name; a host that is not named takes the params of the step. */
  readonly of: Readonly<Record<string, number>>
}

/** Which hosts go when: so many, such a share of all, or those with a label. The last wave always takes what is left. */
export type WaveSpec =
  | { readonly count: number }
  | { readonly percent: number }
  | { readonly label: string; readonly value: string }

export type RollbackScope = 'host' | 'wave' | 'run'

/** A change as data, with nothing of the hosts in it. */
export interface Plan {
  readonly name: string
  /** Must pass on every host before the first wave begins; absent for none. */
  readonly precheck?: readonly CheckSpec[]
  readonly steps: readonly StepSpec[]
  readonly waves: readonly WaveSpec[]
  /** Between waves, milliseconds. */
  readonly pauseMs: number
  /** Judged on every host of a wave after it; anything but a pass stops the change. */
  readonly gates: readonly CheckSpec[]
  /** What a failure takes back: the failed host, its wave, or everything. */
  readonly rollback: RollbackScope
  /** `undo`: everything is taken back in the end, however it went: what a drill breaks is never meant to stay. Absent: it is kept. */
  readonly finally?: 'undo'
  /** Absent: a host waits for opsctl for ever. */
  readonly hold?: Hold
}

/** A lease on every touched host: while opsctl gives a sign of life it lasts; when it ends, the host takes back by itself what was done. */
export interface Hold {
  /** Without a sign of life, milliseconds of the host's boot clock. */
  readonly ttlMs: number
  /** Must pass over a new login before a host's change is kept; the new login itself must always succeed. */
  readonly confirm: readonly CheckSpec[]
}

/** Where a step works, with everything that it may wait for bounded. */
export interface StepPlace {
  readonly transport: Transport
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly sudo?: Sudo
  /** Runs a command with the sudo and the time limit of the change. Non-zero is data. */
  run(command: Command, options?: { readonly stdin?: Uint8Array }): Promise<Output>
}

/**
 * How a kind of step works on a host. It keeps nothing between calls: `before` is what `capture` gave, perhaps read from the journal in another
 * process. A call that can not do its work throws a StepError; a lost connection throws the TransportError.
 */
export interface StepKind {
  /** It never changes a host: what it captured is compared after everything else is undone. */
  readonly looksOnly?: true
  /** It acts on what other steps put there, as a restart does: its undo comes after theirs, and again when one of them is put back later. */
  readonly undoneLast?: true
  /** To do it again where it may have been done does harm: what was interrupted is taken back before it is done again. */
  readonly onlyOnce?: true
  /** One line for people: `write /etc/motd`. */
  describe(): string
  /** What a host lacks for it, each with how to get it: judged on every host before the first one is touched. Absent: nothing special. */
  needs?(place: StepPlace): Promise<readonly string[]>
  /** What it does less well on this host than elsewhere, and why: told to whoever asks, and no reason not to begin. Absent: nothing ever. */
  weakness?(place: StepPlace): Promise<string | undefined>
  /** The pre-image: everything that `undo` needs, as JSON. It is durable before `do` begins. */
  capture(place: StepPlace): Promise<Json>
  /** False when the host is already as the step wants it. */
  needed(before: Json): boolean
  /** What would change, as a unified diff or lines `old -> new`. */
  diff(before: Json): string
  do(place: StepPlace, before: Json): Promise<void>
  /** Throws when the host is not as the step wants it. */
  verify(place: StepPlace, before: Json): Promise<void>
  /** What a person should know of a step that was done and verified, for the message of its Item. */
  remark?(place: StepPlace): Promise<string | undefined>
  /** Puts the pre-image back. Looks first: it may run on a host where `do` never began, ended half-way, or was undone already. Absent: can not be undone. */
  undo?(place: StepPlace, before: Json): Promise<void>
  /**
   * Throws when what is there is neither what the step left nor what was there before: somebody else's work, which `undo` would destroy.
   * Absent: an undo destroys nothing that can not be had again.
   */
  demandOwn?(place: StepPlace, before: Json): Promise<void>
  /** Throws when the host is not as before. */
  verifyUndone?(place: StepPlace, before: Json): Promise<void>
  /**
   * `undo` for a host that is left to itself: commands that need neither opsctl nor an answer, in this order. Harmless where `do` never
   * began. Absent: a plan with a hold can not have this step.
   */
  undoAlone?(before: Json): readonly LoneCommand[]
  /** `do` in the same form: of a handler, after the steps before it were taken back. */
  doAlone?(before: Json): readonly LoneCommand[]
}

/** A command that a host runs by itself, as the user that the change was made with. */
export interface LoneCommand {
  /** For the log on the host, and for messages: `write /etc/motd`. */
  readonly does: string
  readonly argv: readonly string[]
  readonly stdin?: Uint8Array
}

/** A step that could not be done, verified or undone on a host: becomes the message of its Item. */
export class StepError extends Error {
  override readonly name = 'StepError'
}
