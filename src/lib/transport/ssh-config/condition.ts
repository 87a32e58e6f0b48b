import type { SshConfigPlace } from '../../core/ssh-config-syntax.ts'
import { matchHostList, matchPattern, matchPatternList } from '../../core/ssh-pattern.ts'
import type { Condition, Criterion } from './blocks.ts'

/** A host as far as it is resolved when a condition is judged. */
export interface Subject {
  /** What was typed. */
  readonly typed: string
  /** What Host lines are compared with: what was typed, in the final pass what is connected to. */
  readonly host: string
  /** What `Match host` is compared with: HostName as far as it is known. */
  connectsTo(): string
  user(): string
  readonly localUser: string
  readonly final: boolean
  /** Runs the command of `Match exec`. */
  exec(command: string, place: SshConfigPlace): Promise<boolean>
}

/** Whether a Host or Match line applies. A promise only where a command has to run. */
export function conditionHolds(condition: Condition, subject: Subject): boolean | Promise<boolean> {
  switch (condition.type) {
    case 'always':
      return true
    case 'host':
      return hostHolds(condition.patterns, subject.host)
    case 'match':
      return condition.criteria.some(({ name }) => name === 'exec')
        ? matchHolds(condition, subject)
        : condition.criteria.every(criterion => criterionHolds(criterion, subject) !== criterion.negated)
  }
}

function hostHolds(patterns: readonly { readonly pattern: string; readonly negated: boolean }[], host: string): boolean {
  let found = false
  for (const { pattern, negated } of patterns) {
    if (!matchPattern(host, pattern)) continue
    if (negated) return false
    found = true
  }
  return found
}

/** In order and only as far as needed: a command behind a criterion that fails does not run. */
async function matchHolds({ criteria, place }: Extract<Condition, { type: 'match' }>, subject: Subject): Promise<boolean> {
  for (const criterion of criteria) {
    const { name, negated, argument } = criterion
    const holds = name === 'exec' ? await subject.exec(argument, place) : criterionHolds(criterion, subject)
    if (holds === negated) return false
  }
  return true
}

function criterionHolds({ name, argument }: Criterion, subject: Subject): boolean {
  switch (name) {
    case 'canonical':
    case 'final':
      return subject.final
    case 'host':
      return matchHostList(subject.connectsTo(), argument) === 'match'
    case 'originalhost':
      return matchHostList(subject.typed, argument) === 'match'
    case 'user':
      return matchPatternList(subject.user(), argument) === 'match'
    case 'localuser':
      return matchPatternList(subject.localUser, argument) === 'match'
    default:
      return true
  }
}
