import type { Json } from './json.ts'

/** The judgement of a check. */
export const verdicts = ['pass', 'warn', 'fail', 'unknown', 'na'] as const
export type Verdict = (typeof verdicts)[number]

/** What came of a step. `undone` was rolled back; `stuck` could not be. */
export const outcomes = ['ok', 'changed', 'skipped', 'failed', 'undone', 'stuck'] as const
export type Outcome = (typeof outcomes)[number]

/** Why an item is not ok: a closed set, so that scripts can branch on it. `opsctl explain reasons` prints the sentences. */
export const reasons = {
  exit: 'the command ended with a non-zero status',
  signal: 'the command was ended by a signal',
  timeout: 'the command ran longer than --timeout',
  'idle-timeout': 'the command printed nothing for longer than --idle-timeout',
  'connect-timeout': 'no usable connection within --connect-timeout',
  unreachable: 'the connection could not be made',
  hostkey: 'the host key is unknown, changed or revoked',
  auth: 'the host refused every credential',
  sudo: 'sudo refused',
  closed: 'the connection was lost while the command ran, so its outcome is unknown',
  'no-exit-status': 'the command ended without saying how, so its outcome is unknown',
  'output-limit': 'the command printed more than --max-output',
  transfer: 'a file could not be copied, or its checksum differs',
  'max-fail': 'not started, because more hosts failed than --max-fail allows',
  deadline: 'stopped or not started, because the --deadline of the run passed',
  cancelled: 'stopped or not started, because the run was interrupted',
  error: 'something else, told in the message',
} as const
export type Reason = keyof typeof reasons

/** Remote output, held by reference: never inside an Item. Renderers read it through RenderEnv. */
export interface OutputRef {
  readonly id: string
  readonly bytes: number
  /** Lower-case hex of everything that arrived. */
  readonly sha256: string
  /** Where all of it is kept, if it is. */
  readonly file?: string
}

/** One judged or executed thing on one target. What is here is what the machine formats print. */
export interface Item {
  /** wave/host/step/attempt, as far as they apply. */
  readonly path: string
  readonly host?: string
  readonly name: string
  readonly verdict?: Verdict
  readonly outcome?: Outcome
  readonly reason?: Reason
  readonly message?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly severity?: 'info' | 'warning' | 'critical'
  readonly rollbackable?: boolean
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly metrics?: Readonly<Record<string, number>>
  readonly output?: { readonly stdout?: OutputRef; readonly stderr?: OutputRef }
  readonly data?: Readonly<Record<string, Json>>
}
