import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'

/** Where a patrol keeps what it knows, made where it is not there, for its user alone. @throws OpsError E_STATE */
export function stateDirectory(state: string): string {
  const path = join(state, 'patrol')
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  } catch (cause) {
    throw new OpsError('E_STATE', `the state of the patrol can not be kept in ${path}: ${errnoOf(cause) ?? cause}`, { cause })
  }
}
