import { join } from 'node:path'
import type { Sudo } from '../core/transport.ts'
import type { HostVisit } from '../fleet/index.ts'
import { fetchFiles } from './fetch-files.ts'
import { HostShell, NoShell } from './host-shell.ts'
import { type HostTree, listTree } from './host-tree.ts'
import { Landing } from './landing.ts'
import { amountOf, copied, type Outcome, sameAlready, wouldCopy } from './outcome.ts'
import { getPlain } from './plain-files.ts'

/** What is copied from one host. */
export interface Collection {
  /** On the host, as typed. */
  readonly sources: readonly string[]
  /** Here: the directory into which is copied; absolute. */
  readonly base: string
  /** What the only source is called here, instead of its own name. */
  readonly newName?: string
  readonly dryRun: boolean
  readonly timeoutMs: number
  readonly sudo?: Sudo
}

type Access = Pick<HostVisit, 'connect' | 'phase' | 'signal'>

/**
 * Copies what differs from one host; from one that has sftp only, plain files. Whatever the host sends, nothing is written but the files
 * it listed, and those below `base` alone.
 * @throws TransportError for trouble of the host, OpsError E_OUTPUT when nothing can be written here
 */
export async function copyFromHost(visit: Access, collection: Collection): Promise<Outcome> {
  const { timeoutMs, sudo } = collection
  const shell = new HostShell({ transport: await visit.connect(), signal: visit.signal, timeoutMs, ...(sudo && { sudo }) })
  try {
    return await copyDiffering({ visit, shell, collection })
  } catch (error) {
    if (!(error instanceof NoShell)) throw error
    return await getPlain(collection, { transport: shell.transport, signal: visit.signal })
  }
}

async function copyDiffering({
  visit,
  shell,
  collection,
}: {
  readonly visit: Access
  readonly shell: HostShell
  readonly collection: Collection
}): Promise<Outcome> {
  const { base, newName, sources, dryRun } = collection
  const landing = new Landing(base, visit.signal)
  visit.phase('comparing')
  const trees: HostTree[] = []
  for (const source of sources) {
    const tree = await listTree(shell, { source, newName })
    trees.push({ ...tree, entries: await landing.missing(tree.entries) })
  }
  const needed = trees.flatMap(tree => tree.entries)
  if (needed.length === 0) return sameAlready
  if (dryRun)
    return wouldCopy(
      needed,
      needed.map(entry => `${entry.shown} -> ${join(base, entry.to)}`),
    )
  visit.phase(`receiving ${amountOf(needed)}`)
  await using stage = await landing.stage()
  for (const tree of trees) await fetchFiles({ shell, tree, stage })
  await stage.commit(needed)
  return copied(needed)
}
