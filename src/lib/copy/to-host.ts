import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { type Sudo, type Transport, TransportError } from '../core/transport.ts'
import type { HostVisit } from '../fleet/index.ts'
import { Deadline } from '../run/deadline.ts'
import { receive, removeStage } from './host-scripts.ts'
import { HostShell, NoShell } from './host-shell.ts'
import type { LocalEntry } from './local-tree.ts'
import { amountOf, copied, type Outcome, sameAlready, wouldCopy } from './outcome.ts'
import { digestsIn, packed } from './packed-tree.ts'
import { isSame, lookAt, type Place, refuseConflicts } from './place.ts'
import { putPlain } from './plain-files.ts'
import { putEach } from './put-each.ts'

/** What is copied to every host. */
export interface Delivery {
  readonly entries: readonly LocalEntry[]
  /** On the hosts, as typed. */
  readonly destination: string
  /** The destination can only be a directory. */
  readonly needsDirectory: boolean
  /** `user`, `user:group` or `:group`. */
  readonly owner?: string
  readonly dryRun: boolean
  readonly timeoutMs: number
  readonly sudo?: Sudo
}

type Access = Pick<HostVisit, 'connect' | 'phase' | 'signal'>

/** Copies what differs to one host; to one that has sftp only, plain files. @throws TransportError */
export async function copyToHost(visit: Access, delivery: Delivery, clock: Clock): Promise<Outcome> {
  const { timeoutMs, sudo } = delivery
  const shell = new HostShell({ transport: await visit.connect(), signal: visit.signal, timeoutMs, ...(sudo && { sudo }) })
  visit.phase('comparing')
  try {
    const place = await lookAt(shell, delivery, delivery.entries)
    return await copyDiffering({ visit, shell, delivery, clock }, place)
  } catch (error) {
    if (!(error instanceof NoShell)) throw error
    return await putPlain(delivery, { transport: shell.transport, signal: visit.signal })
  }
}

interface Copying {
  readonly visit: Access
  readonly shell: HostShell
  readonly delivery: Delivery
  readonly clock: Clock
}

async function copyDiffering(copying: Copying, place: Place): Promise<Outcome> {
  const { visit, shell, delivery } = copying
  const { owner, sudo } = delivery
  const entries = delivery.entries.map(entry => ({ ...entry, path: place.pathOf(entry) }))
  refuseConflicts(entries, place)
  const needed = entries.filter(entry => !isSame(entry, { there: place.existing.get(entry.path), owner }))
  if (needed.length === 0) return sameAlready
  if (delivery.dryRun)
    return wouldCopy(
      needed,
      needed.map(entry => `${entry.source} -> ${place.shown(entry.path)}`),
    )
  visit.phase(`sending ${amountOf(needed)}`)
  if (place.hasTar) await sendPacked(copying, { needed, place })
  else
    await putEach(needed, {
      shell,
      signal: visit.signal,
      base: place.base,
      ...(owner !== undefined && { owner }),
      ...(sudo && { sudo }),
    })
  return copied(needed)
}

async function sendPacked(
  { shell, delivery, clock }: Copying,
  { needed, place }: { readonly needed: readonly LocalEntry[]; readonly place: Place },
): Promise<void> {
  const stage = `${place.anchor.replace(/\/$/, '')}/.opsctl-${randomBytes(8).toString('hex')}`
  let ended = false
  try {
    const end = await shell.run(receive, { args: [stage, place.base, delivery.owner ?? ''], stdin: packed(needed, delivery) })
    ended = true
    if (end.code === 0) return
    const theirs = digestsIn(end.stdout)
    const differs = needed
      .filter(entry => entry.type === 'file')
      .find((file, index) => theirs.length > 0 && file.sha256 !== theirs[index])
    const what = differs ? `${place.shown(differs.path)}: ` : ''
    throw new TransportError('transfer', `could not ${receive.does}: ${what}${end.said || `status ${end.code}`}`)
  } finally {
    if (!ended) await cleanUp(shell.transport, { stage, clock, ...(delivery.sudo && { sudo: delivery.sudo }) })
  }
}

const cleanUpMs = 5000

/** After a script that was ended, or a connection that broke under it: the script cleans up itself where it still can. */
async function cleanUp(
  transport: Transport,
  { stage, clock, sudo }: { readonly stage: string; readonly clock: Clock; readonly sudo?: Sudo },
): Promise<void> {
  using deadline = new Deadline(clock, {
    ms: cleanUpMs,
    // The run's own signal may have aborted already.
    signal: new AbortController().signal,
    reason: () => new TransportError('closed', 'the host did not answer any more'),
  })
  const shell = new HostShell({ transport, signal: deadline.signal, timeoutMs: 0, ...(sudo && { sudo }) })
  await shell.run(removeStage, { args: [stage] }).catch(() => {})
}
