import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../core/context.ts'
import type { Host } from '../core/host.ts'
import { acquireLock, type ProcessLock } from '../run/lock.ts'

/**
 * Takes every host for this change, so that two changes from this machine never meet on one. All or none.
 * @throws OpsError E_LOCKED naming the run that holds it
 */
export async function lockHosts({ paths, clock, runId }: Context, hosts: readonly Host[]): Promise<AsyncDisposable> {
  const directory = join(paths.state, 'locks')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const held: ProcessLock[] = []
  const release = async (): Promise<void> => {
    for (const lock of held.splice(0)) await lock[Symbol.asyncDispose]()
  }
  try {
    // In one order for everyone, so that two changes can not hold what the other waits for.
    for (const name of hosts.map(host => host.name).sort()) {
      held.push(await acquireLock(join(directory, `${encodeURIComponent(name)}.lock`), { runId, command: 'change', clock }))
    }
  } catch (error) {
    await release()
    throw error
  }
  return { [Symbol.asyncDispose]: release }
}
