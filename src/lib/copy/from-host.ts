import { join } from 'node:path'
import type { Sudo } from '../core/transport.ts'
import type { HostVisit } from '../fleet/index.ts'
import { fetchFiles } from './fetch-files.ts'
import { HostShell } from './host-shell.ts'
import { type HostTree, listTree } from './host-tree.ts'
import { Landing } from './landing.ts'
import { amountOf, copied, type Outcome, sameAlready, wouldCopy } from './outcome.ts'

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

/**
 * Copies what differs from one host. Whatever the host sends, nothing is written but the files it listed, and those below `base` alone.
 * @throws TransportError for trouble of the host, OpsError E_OUTPUT when nothing can be written here
 */
export async function copyFromHost(
  visit: Pick<HostVisit, 'connect' | 'phase' | 'signal'>,
  collection: Collection,
): Promise<Outcome> {
  const { signal } = visit
  const { timeoutMs, sudo, base, newName } = collection
  const shell = new HostShell({ transport: await visit.connect(), signal, timeoutMs, ...(sudo && { sudo }) })
  const landing = new Landing(base, signal)
  visit.phase('comparing')
  const trees: HostTree[] = []
  for (const source of collection.sources) {
    const tree = await listTree(shell, { source, newName })
    trees.push({ ...tree, entries: await landing.missing(tree.entries) })
  }
  const needed = trees.flatMap(tree => tree.entries)
  if (needed.length === 0) return sameAlready
  if (collection.dryRun)
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
