import type { Host } from '../core/host.ts'
import type { Outcome } from '../core/item.ts'
import type { Json } from '../core/json.ts'
import type { Plan } from '../core/plan.ts'

/**
 * What the journal of a change holds. An undo in another process needs nothing else.
 * A step that was not needed has a result without an intent: there is nothing to take back.
 */
export type PlanRecord =
  | { readonly is: 'plan'; readonly plan: Plan; readonly hosts: readonly Host[]; readonly settings: ChangeSettings }
  /** Durable before the step begins on the host. `looks`: it changes nothing, and is compared when the others are undone. */
  | { readonly is: 'intent'; readonly host: string; readonly step: string; readonly before: Json; readonly looks?: true }
  | {
      readonly is: 'result'
      readonly host: string
      readonly step: string
      readonly outcome: Extract<Outcome, 'ok' | 'changed' | 'failed'>
      readonly message?: string
    }
  /** Durable before the undo begins. */
  | { readonly is: 'undo'; readonly host: string; readonly step: string }
  | {
      readonly is: 'undone'
      readonly host: string
      readonly step: string
      readonly outcome: Extract<Outcome, 'undone' | 'stuck'>
      readonly message?: string
    }
  /** A later change of the same name has run the handler that this one, which was killed, called for: it is taken back with this one. */
  | { readonly is: 'answered'; readonly host: string; readonly step: string; readonly before: Json }
  /** The host holds a lease, as the directory of it there; null when it does not any more. */
  | { readonly is: 'lease'; readonly host: string; readonly directory: string | null }
  /** The change is over: kept, or as much taken back as could be. */
  | { readonly is: 'end'; readonly outcome: ChangeEnd }

/** `settled`: a human has said that what stands half-way was put right by hand. */
export type ChangeEnd = 'kept' | 'undone' | 'stuck' | 'settled'

/** What an undo must know of how the change was made. Never a password. */
export interface ChangeSettings {
  readonly sudoUser?: string
  /** Of one step on one host. */
  readonly stepTimeoutMs: number
  /** How long an undo waits for a host that can not be reached. */
  readonly undoTimeoutMs: number
  readonly concurrency: number
}

/** A record type of its own, so that a journal of another kind is not taken for a change. */
export const planRecordType = 16
