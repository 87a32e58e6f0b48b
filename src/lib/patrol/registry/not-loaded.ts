import type { Context } from '../../core/context.ts'
import { toOpsError } from '../../core/errors.ts'
import type { Registrations } from '../history/registrations.ts'
import { readRegistered, type SourcedCheck } from './read-checks.ts'
import type { WatchedChecks } from './watched-checks.ts'

interface NotLoaded {
  readonly checks: readonly SourcedCheck[]
  /** What is wrong with the others, by name. */
  readonly problems: Map<string, string>
}

/** Registrations that are not loaded, at the start or because of what was wrong with them then: as far as they can be read now. */
export async function readNotLoaded(
  context: Context,
  {
    registrations,
    loaded,
    making,
  }: { readonly registrations: Registrations; readonly loaded: Has; readonly making: WatchedChecks },
): Promise<NotLoaded> {
  const checks: SourcedCheck[] = []
  const problems = new Map<string, string>()
  for (const [name, { definition, source }] of registrations.registered) {
    if (loaded.has(name)) continue
    try {
      const { check } = await readRegistered(context, { name, source, text: JSON.stringify(definition, null, 2) })
      if (!making.isShare) await making.of([{ check, source }], registrations)
      checks.push({ check, source })
    } catch (error) {
      problems.set(name, toOpsError(error).message)
    }
  }
  return { checks, problems }
}

type Has = Pick<ReadonlyMap<string, unknown>, 'has'>
