import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ChangeLog } from './change-log.ts'

/** A change that was killed or could not be taken back wholly. */
export interface UnfinishedChange {
  readonly runId: string
  readonly name: string
  readonly hosts: readonly string[]
}

/** Changes of this machine that still stand half-way, oldest first. */
export async function unfinishedChanges(stateDirectory: string): Promise<UnfinishedChange[]> {
  const found: UnfinishedChange[] = []
  for (const runId of await changeIds(stateDirectory)) {
    const state = await ChangeLog.read(stateDirectory, runId)
    const hosts = state.touchedHosts.filter(host => state.standing(host).length > 0)
    if (state.header && hosts.length > 0 && state.end !== 'kept' && state.end !== 'undone') {
      found.push({ runId, name: state.header.plan.name, hosts })
    }
  }
  return found
}

async function changeIds(stateDirectory: string): Promise<string[]> {
  const runs = join(stateDirectory, 'runs')
  const ids = await readdir(runs).catch((): string[] => [])
  return ids.filter(id => existsSync(join(runs, id, 'change'))).sort()
}
