import type { Clock } from './clock.ts'
import type { Reason, Verdict } from './item.ts'
import type { Json } from './json.ts'
import type { Sudo, Transport } from './transport.ts'

/** A check as data. */
export interface CheckSpec {
  /** Type of a component of kind `check`. */
  readonly type: string
  readonly params: Json
}

/** From where a check looks, and what it may use. */
export interface CheckPlace {
  /** The host that is looked at; this machine for checks `from: here`. */
  readonly transport: Transport
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly sudo?: Sudo
  /** Whence checks of the network connect: from where opsctl runs (also when absent), or from the host, through its connection. */
  readonly from?: 'here' | 'host'
  /** What the checks of one run share, such as pools of connections. Absent: the check runs alone. */
  readonly shared?: Shared
  /** Reads a secret that a parameter refers to. Its value is masked in everything that is told. @throws OpsError */
  readonly secret?: (reference: SecretReference) => Promise<string>
  /** Told what is as secret as what it was made of, such as credentials in base64 and tokens: it is masked likewise. */
  readonly hides?: (value: string) => void
  /** Told what happens, a line at a time, for `probe explain`. */
  readonly trace?: (line: string) => void
  /** Told all that the look showed, in the words of its kind: for suites, whose steps take values from it. */
  readonly observed?: (observation: object) => void
}

/** Where a secret stands: never in a parameter itself. */
export type SecretReference = { readonly file: string } | { readonly env: string }

/** One of each thing for all checks of a run, made when first asked for and closed at the end of the run. */
export interface Shared {
  /** The same maker gives the same thing. */
  of<T extends object>(make: () => T): T
}

/** What a check found. `unknown` is an answer that could not be had, never a pass. */
export interface CheckResult {
  readonly verdict: Verdict
  /** What was found, lower case: `nginx is not running`. */
  readonly message: string
  /** Why it is no pass. */
  readonly reason?: Reason
  /** Numbers by name, with the unit at the end: `connect_seconds`, `used_percent`, `free_bytes`. */
  readonly metrics?: Readonly<Record<string, number>>
  /** Where one look is judged in several ways: each by itself. What stands above is then that of the worst. */
  readonly judgements?: readonly CheckJudgement[]
  /** What was seen, for people who ask why; secrets are masked. May be made only when it is read: of most looks nobody asks. */
  readonly evidence?: string | undefined
}

/** One of the ways in which a look is judged: a dimension of the check. */
export interface CheckJudgement {
  /** The type of the dimension: `http_status`. */
  readonly dimension: string
  readonly verdict: Verdict
  readonly message: string
  readonly reason?: Reason
  readonly metrics?: Readonly<Record<string, number>>
  readonly data?: Readonly<Record<string, Json>>
}

/** How a dimension is sampled: figures in milliseconds. */
export interface Sampling {
  readonly dimension: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** So many more looks before a bad judgement counts. */
  readonly retries: number
  /** It is bad when so many … */
  readonly failures: number
  /** … of the last so many looks are. */
  readonly of: number
}

/** Looks and judges. Trouble of the host is a verdict `unknown`, not a throw. */
export interface Check {
  /** One line for people: `port 443 answers`. */
  readonly title: string
  run(place: CheckPlace): Promise<CheckResult>
  /** What it says of a host that can not be connected to, where that tells something; undefined, or absent: nothing is known of the host. */
  unconnected?(trouble: { readonly reason: Reason; readonly message: string }): CheckResult | undefined
  /** How each of its dimensions wants to be sampled; absent: the engine's own figures. */
  readonly sampling?: readonly Sampling[]
  /** It looks at no host, whatever hosts there are: what it judges comes to opsctl by itself. */
  readonly isHeard?: true
  /** A check of a host that needs nothing but readings: those of many checks are done by one command. */
  readonly host?: HostLook
}

/** What is read on a host, and what follows from it. */
export interface HostLook {
  readonly readings: readonly Reading[]
  judge(found: Found, place: Pick<CheckPlace, 'clock'>): CheckResult
}

/** A piece of POSIX sh (GNU or busybox) that prints what is there and changes nothing; `$1` and so on are its arguments. */
export interface Reading {
  /** What it does, for messages: `read /proc/stat`. */
  readonly does: string
  readonly script: string
  readonly args?: readonly string[]
  /**
   * Starts hardly any program: its script runs in the shell that reads everything, so that it never exits, only returns, and puts into
   * `$said` what went wrong.
   */
  readonly inline?: true
  /**
   * One run of an inline script reads for all readings that have it, whose arguments follow each other: takes out of what it gave what
   * belongs to this reading. Not for what is read a second time.
   */
  readonly own?: (all: ReadingOutput) => ReadingOutput
  /** Read a second time after so many milliseconds, for what is known only by its change. */
  readonly againAfterMs?: number
  /** May wait for something that never comes, such as a lost file server: done last, so that it holds nothing else up. */
  readonly mayHang?: true
}

/** What a reading gave. */
export interface ReadingOutput {
  /** Status of the piece; not 0 means that it could not be read. */
  readonly code: number
  readonly stdout: Buffer
  /** The last line that it complained with. */
  readonly complaint: string
  /** The second reading, and the seconds between the two. */
  readonly again?: { readonly stdout: Buffer; readonly seconds: number }
  /** Between which moments of our clock it was done, milliseconds since 1970; absent when the host does not tell its times. */
  readonly between?: readonly [earliest: number, latest: number]
}

/** Gives what a reading of the look found. */
export type Found = (reading: Reading) => ReadingOutput
