import type { Json } from './json.ts'

/** The judgement of a check. */
export const verdicts = ['pass', 'warn', 'fail', 'unknown', 'na'] as const
export type Verdict = (typeof verdicts)[number]

const badness: readonly Verdict[] = ['fail', 'unknown', 'warn', 'pass', 'na']

/** The worst of several; undefined of none. What is not known is worse than a warning, and a failure is worse still. */
export const worstVerdict = (several: readonly Verdict[]): Verdict | undefined => badness.find(each => several.includes(each))

/** What came of a step. `undone` was rolled back; `stuck` could not be. */
export const outcomes = ['ok', 'changed', 'skipped', 'failed', 'undone', 'stuck'] as const
export type Outcome = (typeof outcomes)[number]

/** Why an item is not ok: a closed set, so that scripts can branch on it. `opsctl explain reasons` prints the sentences. */
export const reasons = {
  exit: 'the command ended with a non-zero status',
  signal: 'the command was ended by a signal',
  timeout: 'the command or check took longer than it may',
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
  dns: 'the name does not exist, or could not be resolved',
  refused: 'nothing listens there: the connection was refused',
  'no-route': 'there is no way to the address, or a firewall says so',
  'no-answer': 'the address was silent: the connection was not made in time',
  reset: 'the other side closed the connection before its answer was complete',
  protocol: 'the answer breaks the rules of its protocol',
  'too-large': 'the answer is larger than it may be',
  redirects: 'too many redirects, a loop of them, or one to where it may not go',
  tls: 'no TLS: the handshake failed for a reason of its own',
  'tls-expired': 'a certificate of the chain has expired',
  'tls-not-yet-valid': 'a certificate of the chain is not valid yet',
  'tls-name': 'the certificate is for another name',
  'tls-self-signed': 'the certificate is signed by itself and nobody vouches for it',
  'tls-untrusted': 'the chain ends at an authority that is not trusted',
  'tls-incomplete-chain': 'the server does not send the certificates between its own and the authority',
  'tls-weak-key': 'a key or signature of the chain is too weak',
  'tls-protocol': 'no protocol version or cipher that both sides allow',
  'tls-revoked': 'a certificate of the chain is revoked',
  'tls-client': 'the server refuses the certificate of the client, or wants one',
  expiring: 'a certificate or registration ends within the days that were asked for',
  status: 'the answer has another status than it should',
  content: 'the answer has not the content that it should',
  slow: 'the answer took longer than it should',
  threshold: 'a figure is beyond its limit',
  state: 'what was looked at is not in the state that it should be in',
  missing: 'what was looked for is not there',
  'not-serving': 'the service answers that it does not serve',
  dependency: 'not judged, because a check that it depends on failed',
  unreadable: 'what was to be looked at could not be read',
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
