import { errnoOf, isDiskFull } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'

/** A failure of the file system under the journal. What was appended and not yet written stays in memory and is tried again. */
export function stateError(failure: { readonly doing: string; readonly path: string; readonly error: unknown }): OpsError {
  const { doing, path, error } = failure
  if (error instanceof OpsError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new OpsError('E_STATE', `cannot ${doing} ${path}: ${why}`, {
    data: { path, errno: errnoOf(error) },
    cause: error,
    ...(isDiskFull(error) && { hint: 'free some space on the file system of the state directory' }),
  })
}

/** Where a segment is damaged, and what was to be there. */
export interface Damage {
  readonly path: string
  /** In bytes from the start of the file. */
  readonly offset: number
  /** The first record that is lost. */
  readonly sequence: number
}

export function damageError({ path, offset, sequence }: Damage): OpsError {
  return new OpsError('E_STATE', `${path} is damaged at byte ${offset}, where record ${sequence} was`, {
    hint: 'what follows it can still be read by a salvage read; check the disk',
    data: { path, offset, sequence },
  })
}

/** After a failed fsync nobody knows what is on disk: only opening the journal again finds out. */
export function brokenError(path: string): OpsError {
  return new OpsError('E_STATE', `${path} takes no more records, because syncing it failed before`, {
    hint: 'check the disk and start again: what had been synced is safe',
    data: { path },
  })
}
