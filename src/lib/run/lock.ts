import { randomBytes } from 'node:crypto'
import { link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Clock, rfc3339 } from '../core/clock.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { cannotWrite } from './cannot-write.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** Who holds a lock, as it stands in the lock file. */
export interface LockHolder extends ProcessIdentity {
  readonly runId: string
  readonly command: string
  /** RFC 3339, UTC. */
  readonly since: string
  /** Tells two locks of one process apart. */
  readonly nonce: string
}

export interface LockOptions {
  readonly runId: string
  readonly command: string
  readonly clock: Clock
}

/** A held lock; disposing gives it back. */
export interface ProcessLock extends AsyncDisposable {
  readonly path: string
  readonly holder: LockHolder
}

/**
 * Takes a lock that is a file, for one process of this machine at a time. It does not wait. The lock of a process that was killed is
 * stale and taken over at once. The directory must exist, on a local file system that is not shared between pid namespaces.
 *
 * A free lock is taken by link(2), so that the file has its whole content from the first moment and only one taker wins. A stale one
 * is never removed, because between a look and a removal another taker may have put a live lock in its place: takers first lock the
 * stale lock itself (`PATH.NONCE`, by this same procedure, so that a taker may be killed too), look again, and whoever holds that
 * renames its own file over the stale one.
 *
 * @throws OpsError E_LOCKED naming run, pid and since when a living process holds it; E_STATE when the file can not be written
 */
export async function acquireLock(path: string, options: LockOptions): Promise<ProcessLock> {
  const lock = await acquire({ path, identity: await ownIdentity() }, options)
  await sweep([path]).catch(() => {})
  return lock
}

/**
 * Takes locks in one directory in the order given, all or none: for hundreds of them much cheaper than one by one.
 * @throws OpsError as acquireLock
 */
export async function acquireLocks(paths: readonly string[], options: LockOptions): Promise<AsyncDisposable> {
  const identity = await ownIdentity()
  await using held = new AsyncDisposableStack()
  for (const path of paths) held.use(await acquire({ path, identity }, options))
  await sweep(paths).catch(() => {})
  const kept = held.move()
  return { [Symbol.asyncDispose]: async () => kept.disposeAsync() }
}

async function acquire(
  { path, identity }: { readonly path: string; readonly identity: ProcessIdentity },
  options: LockOptions,
): Promise<ProcessLock> {
  const holder: LockHolder = {
    ...identity,
    runId: options.runId,
    command: options.command,
    since: rfc3339(options.clock.now()),
    nonce: randomBytes(8).toString('hex'),
  }
  try {
    await take({ path, lock: path, holder })
  } catch (error) {
    if (error instanceof OpsError) throw error
    throw cannotWrite({ path, error, code: 'E_STATE' })
  }
  return { path, holder, [Symbol.asyncDispose]: () => release(path, holder) }
}

/** Who holds a lock now; undefined when it is free or its holder has ended. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  const found = await read(path)
  return found && 'nonce' in found && (await isAlive(found)) ? found : undefined
}

/** A look that meets a change begins again: changes need other takers who succeed, so this ends. */
const maxLooks = 1000

/** `path` is the lock or a claim on a stale one; messages name the lock. */
interface Taking {
  readonly path: string
  readonly lock: string
  readonly holder: LockHolder
}

async function take({ path, lock, holder }: Taking): Promise<void> {
  const own = `${path}.${holder.nonce}.${holder.pid}.new`
  await writeFile(own, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o600 })
  try {
    for (let looks = 0; looks < maxLooks; looks++) {
      if (await linkNew(own, path)) return
      const found = await read(path)
      if (found === undefined) continue
      if ('nonce' in found && (await isAlive(found))) throw lockedError(lock, found)
      if (await takeOver({ path, lock, holder, own, stale: found })) return
    }
    throw new OpsError('E_STATE', `${path} changes hands faster than it can be read`, { data: { path } })
  } finally {
    await unlink(own).catch(ignoreMissing)
  }
}

async function linkNew(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    return false
  }
}

/** True when the stale lock was replaced; false to look again. */
async function takeOver(attempt: Taking & { readonly own: string; readonly stale: LockHolder | Unreadable }): Promise<boolean> {
  const { path, lock, holder, own, stale } = attempt
  const claim = `${path}.${identityOf(stale)}`
  await take({ path: claim, lock, holder: { ...holder, nonce: randomBytes(8).toString('hex') } })
  try {
    const found = await read(path)
    if (found === undefined || identityOf(found) !== identityOf(stale)) return false
    await rename(own, path)
    return true
  } finally {
    await unlink(claim).catch(ignoreMissing)
  }
}

/** A lock file without valid content: the power failed before it reached the disk. Its holder did not survive that. */
interface Unreadable {
  readonly content: string
}

async function read(path: string): Promise<LockHolder | Unreadable | undefined> {
  const content = await readFile(path, 'utf8').catch(ignoreMissing)
  if (content === undefined) return undefined
  try {
    const value: unknown = JSON.parse(content)
    return isHolder(value) ? value : { content }
  } catch {
    return { content }
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false
  const has = (key: string, type: string): boolean => typeof Reflect.get(value, key) === type
  return has('pid', 'number') && ['start', 'runId', 'command', 'since', 'nonce'].every(key => has(key, 'string'))
}

const identityOf = (found: LockHolder | Unreadable): string => ('nonce' in found ? found.nonce : 'unreadable')

function lockedError(path: string, holder: LockHolder): OpsError {
  const { pid, runId, command, since } = holder
  return new OpsError('E_LOCKED', `run ${runId} (${command}, pid ${pid}) has held ${path} since ${since}`, {
    hint: `wait for it, or end it with \`kill ${pid}\``,
    data: { path, pid, runId, command, since },
  })
}

/** Gives back what is ours; when somebody removed the file by hand, what another run put there since is not. */
async function release(path: string, holder: LockHolder): Promise<void> {
  const found = await read(path)
  if (found && identityOf(found) === holder.nonce) await unlink(path).catch(ignoreMissing)
}

const leftover = /(\.[0-9a-f]{16}|\.unreadable)(\.\d+\.new)?$/

/** Removes what killed takers left beside locks of one directory. Only their holder does it: while it lives, no claim on a former lock matters. */
async function sweep(paths: readonly string[]): Promise<void> {
  const [first = ''] = paths
  const directory = dirname(first)
  const left = (await readdir(directory)).filter(name => leftover.test(name))
  for (const name of left.filter(name => paths.some(path => name.startsWith(`${basename(path)}.`)))) {
    const found = await read(join(directory, name))
    if (found && 'nonce' in found && !(await isAlive(found))) await unlink(join(directory, name)).catch(ignoreMissing)
  }
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
  return undefined
}
