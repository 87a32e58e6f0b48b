import type { DeadLetterFilter } from '../delivery/dead-letter.ts'
import type { LetterChoice } from '../options.ts'

/** The letters that flags mean. */
export function letterFilter({ sink, source, stage, reason, since }: LetterChoice, now: number): DeadLetterFilter {
  return {
    ...(sink !== undefined && { sink }),
    ...(source !== undefined && { source }),
    ...(stage !== undefined && { stage }),
    ...(reason !== undefined && { reason }),
    ...(since !== undefined && { since: 'at' in since ? since.at : now - since.agoMs }),
  }
}
