import type { Item, Reason } from './item.ts'
import type { Report } from './report.ts'

/** Every exit code, with the sentence that help, man pages and `opsctl explain exit-codes` print. */
export const exitCodes = {
  0: 'did what was asked',
  1: 'ran to the end with a negative verdict or outcome',
  2: 'usage: flag, argument, empty target set or missing confirmation',
  3: 'no negative verdict, but some targets gave none',
  4: 'dry-run with --detailed-exit-code: changes are pending',
  5: 'failed, and everything was rolled back',
  6: 'rollback or clean-up incomplete: a human must look now',
  69: 'nothing could be reached at all',
  70: 'a bug in opsctl',
  74: 'the result could not be written',
  75: 'another run holds the lock',
  77: 'key, host key, sudo or token refused on every target',
  78: 'configuration, inventory, playbook or profile is wrong',
  124: 'the deadline of the run passed',
  129: 'ended by SIGHUP',
  130: 'ended by SIGINT (Ctrl-C)',
  141: 'the reader of the output went away (EPIPE)',
  143: 'ended by SIGTERM',
} as const
export type ExitCode = keyof typeof exitCodes

/** When several codes apply, the first of these wins. */
export const precedence: readonly number[] = [6, 129, 130, 143, 5, 124, 74, 1, 77, 69, 3, 4, 0]

/** Reasons of targets that gave no answer at all, by the exit code that holds when every target gave that kind of reason. */
const unanswered: Partial<Record<Reason, 69 | 77>> = {
  unreachable: 69,
  'connect-timeout': 69,
  auth: 77,
  hostkey: 77,
  sudo: 77,
}

/** The exit code of a report: the only place where verdicts, outcomes and reasons become a number. */
export function exitCodeOf(report: Report): number {
  const codes = new Set<number>([0])
  if (report.stopped) codes.add(report.stopped.exit)
  if (report.pending) codes.add(4)
  for (const code of codesOfCounts(report)) codes.add(code)
  return strongest([...codes])
}

/** The code that wins; one that the order does not know (75, 78 of an error) wins over all. */
export function strongest(codes: readonly number[]): number {
  const foreign = codes.find(code => !precedence.includes(code))
  return foreign ?? precedence.find(code => codes.includes(code)) ?? 0
}

/** True for an item whose target said neither yes nor no: it could not be asked. */
export const gaveNoAnswer = (item: Item): boolean => item.reason !== undefined && item.reason in unanswered

function codesOfCounts({ kind, counts }: Report): number[] {
  const of = (reason: Reason): number => counts.byReason[reason] ?? 0
  const refused = of('auth') + of('hostkey') + of('sudo')
  const unreached = of('unreachable') + of('connect-timeout')
  const skipped = of('max-fail') + of('cancelled') + of('deadline')
  // What could not be asked was not done, but it has no verdict against it; a verdict holds whatever its reason.
  const failed = Math.max(0, (counts.byOutcome.failed ?? 0) - refused - unreached) + (counts.byVerdict.fail ?? 0)
  const codes: number[] = []
  if (counts.byOutcome.stuck) codes.push(6)
  if (failed > 0 || of('max-fail') > 0) codes.push(1)
  // What is undone is counted in the place of what was changed: nothing changed is left standing. Of an undo that was asked for it is the success.
  if (counts.byOutcome.undone && !counts.byOutcome.changed && kind !== 'undo') codes.push(5)
  if (counts.total > 0 && refused === counts.total) codes.push(77)
  if (counts.total > 0 && unreached === counts.total) codes.push(69)
  if (refused + unreached + skipped + (counts.byVerdict.unknown ?? 0) > 0) codes.push(3)
  return codes
}
