import { randomBytes } from 'node:crypto'
import { StepError, type StepPlace } from '../../core/plan.ts'
import { allFields } from '../../transport/host-script.ts'
import { runScript } from '../steps/on-host.ts'
import type { LeaseEnd } from './fence.ts'
import { guardScript } from './guard.ts'
import { type LeaseHandle, leaseAt } from './lease-handle.ts'
import { addScript, armScript, forgetScript, releaseScript, renewScript } from './lease-scripts.ts'
import { type WayBack, type WayBackEnd, wayBackEnds, wayBackFiles } from './way-back.ts'

export interface LeaseTerms {
  /** Of the run, for the name of the directory: letters, digits, `-` and `_`. */
  readonly id: string
  /** Without a renewal, milliseconds of the host's boot clock. */
  readonly ttlMs: number
  /** So long a fenced command may go on after the lease is over; then it is ended. A minute when absent. */
  readonly graceMs?: number
  /** So long one command of the way back may take. Five minutes when absent. */
  readonly commandMs?: number
}

/**
 * Arms a lease on a host. From here on the host takes back by itself what `addWayBack` says, unless it hears of opsctl: the guard is seen
 * running when this returns.
 * @throws StepError when the host can not have one: no /proc, no room, a directory of somebody else in its place
 */
export async function armLease(place: StepPlace, terms: LeaseTerms): Promise<LeaseHandle> {
  const { id, ttlMs, graceMs = 60_000, commandMs = 300_000 } = terms
  const name = `lease-${id}-${randomBytes(6).toString('hex')}`
  const args = [name, hundredths(ttlMs), String(Math.ceil(graceMs / 1000)), String(Math.ceil(commandMs / 1000))]
  const [directory = ''] = allFields(await runScript(place, armScript, { args, stdin: Buffer.from(guardScript) }))
  return leaseAt(directory)
}

/**
 * Puts the way back of a step on the host, before the step is done, and renews the lease. The same order again takes the place of what was
 * there. Unless the answer is `held` the step must not be done. @throws StepError when it could not be written
 */
export async function addWayBack(
  place: StepPlace,
  lease: LeaseHandle,
  way: WayBack & { ttlMs: number },
): Promise<'held' | LeaseEnd> {
  const { name, tag, parts } = wayBackFiles(way)
  const args = [lease.directory, hundredths(way.ttlMs), name, tag, ...parts.map(part => String(part.byteLength))]
  return standing(await runScript(place, addScript, { args, stdin: Buffer.concat(parts) }))
}

/** Puts the end of the lease `ttlMs` from now. Anything but `held`: nothing more may be done under it. */
export async function renewLease(place: StepPlace, lease: LeaseHandle, ttlMs: number): Promise<'held' | LeaseEnd> {
  return standing(await runScript(place, renewScript, { args: [lease.directory, hundredths(ttlMs)] }))
}

export type LeaseRelease =
  /** What was done stands. */
  | { readonly is: 'released' }
  /** The host knows nothing of it: released before, restarted since, or fired with nothing to take back. */
  | { readonly is: 'gone' }
  /** The guard was first. `ended` is false when it was killed, or is still at work after `waitMs`. */
  | { readonly is: 'over'; readonly ended: boolean; readonly wayBack: readonly WayBackEnd[] }

/**
 * Ends the lease, so that what was done stands; or waits until the guard, which was first, has taken it back, and tells what it did. Either
 * way the lease is gone from the host, unless the guard is still at work. Asked again it gives the same answer until then, `gone` after it.
 */
export async function releaseLease(place: StepPlace, lease: LeaseHandle, { waitMs }: { waitMs: number }): Promise<LeaseRelease> {
  const { clock } = place
  const until = clock.monotonic() + waitMs
  for (;;) {
    const [how, ...fields] = allFields(await runScript(place, releaseScript, { args: [lease.directory] }))
    if (how === 'released' || how === 'gone') return { is: how }
    if (how === 'busy' && clock.monotonic() < until) continue
    if (how === 'busy') return { is: 'over', ended: false, wayBack: [] }
    if (how !== 'ended' && how !== 'broken') throw new StepError(`could not release the lease: the host answered something else`)
    // What it did is known now, so that what is left does not matter.
    await runScript(place, forgetScript, { args: [lease.directory] }).catch(() => undefined)
    return { is: 'over', ended: how === 'ended', wayBack: wayBackEnds(fields) }
  }
}

function standing(printed: Buffer): 'held' | LeaseEnd {
  const word = printed.toString()
  const known = (['held', 'over', 'unguarded', 'gone'] as const).find(how => how === word)
  if (known === undefined) throw new StepError(`could not look at the lease: the host answered ${JSON.stringify(word)}`)
  return known
}

/** Of a second; the unit of /proc/uptime. */
const hundredths = (ms: number): string => String(Math.ceil(ms / 10))
