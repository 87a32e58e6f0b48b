import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { rfc3339 } from '../core/clock.ts'
import type { Context } from '../core/context.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { systemDisk } from '../journal/disk.ts'
import { stateError } from '../journal/state-error.ts'
import { oneLine } from '../render/visible-text.ts'
import { writeFileAtomic } from '../run/atomic-write.ts'

/** Why no drill may go on, and since when. */
export interface Halt {
  readonly reason: string
  /** RFC 3339, UTC. */
  readonly at: string
}

type LeverContext = Pick<Context, 'paths' | 'clock'>

/** The safety lever, a file in the state directory: while it is there no drill begins, and those that run end at once. */
const leverOf = ({ paths }: Pick<Context, 'paths'>): string => join(paths.state, 'drill-halt')

/** @throws OpsError E_STATE */
export async function setHalt(context: LeverContext, reason: string): Promise<Halt> {
  const halt = { reason, at: rfc3339(context.clock.now()) }
  try {
    await systemDisk.makeDirectory(context.paths.state)
  } catch (error) {
    throw stateError({ doing: 'make', path: context.paths.state, error })
  }
  await writeFileAtomic(leverOf(context), `${JSON.stringify(halt)}\n`, { mode: 0o600, fsync: true, code: 'E_STATE' })
  return halt
}

/** False when it was not set. @throws OpsError E_STATE */
export async function clearHalt(context: Pick<Context, 'paths'>): Promise<boolean> {
  try {
    await unlink(leverOf(context))
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw stateError({ doing: 'remove', path: leverOf(context), error })
  }
}

/** A lever that can not be read is set. */
export async function readHalt(context: Pick<Context, 'paths'>): Promise<Halt | undefined> {
  try {
    const { reason, at } = JSON.parse(await readFile(leverOf(context), 'utf8')) as Partial<Halt>
    return { reason: reason ?? '', at: at ?? '' }
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? undefined : { reason: `its file can not be read: ${leverOf(context)}`, at: '' }
  }
}

/** @throws OpsError E_HALTED */
export async function demandNoHalt(context: Pick<Context, 'paths'>): Promise<void> {
  const halt = await readHalt(context)
  if (halt) throw new OpsError('E_HALTED', haltText(halt), { hint: '`opsctl drill allow` lets drills begin again' })
}

export const haltText = ({ reason, at }: Halt): string =>
  oneLine(`drills are halted${at && ` since ${at}`}${reason && `: ${reason}`}`)
