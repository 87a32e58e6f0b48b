import { errnoOf, isDiskFull } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'

/** A failed write as the error that ends the run, naming the path and what to do about it. */
export function cannotWrite(failure: {
  readonly path: string
  readonly error: unknown
  /** E_OUTPUT for what a user asked for (default), E_STATE for opsctl's own files. */
  readonly code?: 'E_OUTPUT' | 'E_STATE'
}): OpsError {
  const { path, error, code = 'E_OUTPUT' } = failure
  const why = error instanceof Error ? error.message : String(error)
  return new OpsError(code, `cannot write ${path}: ${why}`, {
    data: { path, errno: errnoOf(error) },
    cause: error,
    ...hintFor(error),
  })
}

function hintFor(error: unknown): { readonly hint?: string } {
  if (isDiskFull(error)) return { hint: 'free some space, or write to another file system' }
  if (errnoOf(error) === 'ENOENT') return { hint: 'make the directory first' }
  return {}
}
