import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import { stateError } from '../journal/state-error.ts'
import { acquireLocks } from '../run/lock.ts'

/**
 * Takes every host for this change, so that two changes from this machine never meet on one. All or none.
 * @throws OpsError E_LOCKED naming the run that holds it, E_STATE
 */
export async function lockHosts({ paths, clock, runId }: Context, hosts: readonly Host[]): Promise<AsyncDisposable> {
  const directory = join(paths.state, 'locks')
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch(error => {
    throw stateError({ doing: 'make', path: directory, error })
  })
  // In one order for everyone: of two changes that meet, the one that is first at a host goes on.
  const names = hosts.map(host => host.name).sort()
  const files = names.map(name => join(directory, `${encodeURIComponent(name)}.lock`))
  return acquireLocks(files, { runId, command: 'change', clock })
}
