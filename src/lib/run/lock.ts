import { linkSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Clock, rfc3339 } from '../core/clock.ts'
import { errnoOf } from '../core/errno.ts'
import { OpsError } from '../core/errors.ts'
import { randomHex } from '../core/random-hex.ts'
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
 *
 * Its files are small and on this machine, so they are read and written without yielding: a hop to another thread and back costs ten times
 * as much, and a start would make a dozen of them.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<ProcessLock> {
  const lock = acquire({ path, identity: ownIdentity() }, options)
  sweep([path])
  return lock
}

/**
 * Takes locks in one directory in the order given, all or none: for hundreds of them much cheaper than one by one.
 * @throws OpsError as acquireLock
 */
export async function acquireLocks(paths: readonly string[], options: LockOptions): Promise<AsyncDisposable> {
  const identity = ownIdentity()
  await using held = new AsyncDisposableStack()
  for (const path of paths) held.use(acquire({ path, identity }, options))
  sweep(paths)
  const kept = held.move()
  return { [Symbol.asyncDispose]: async () => kept.disposeAsync() }
}

function acquire(
  { path, identity }: { readonly path: string; readonly identity: ProcessIdentity },
  options: LockOptions,
): ProcessLock {
  const holder: LockHolder = {
    ...identity,
    runId: options.runId,
    command: options.command,
    since: rfc3339(options.clock.now()),
    nonce: randomHex(8),
  }
  try {
    take({ path, lock: path, holder })
  } catch (error) {
    if (error instanceof OpsError) throw error
    throw cannotWrite({ path, error, code: 'E_STATE' })
  }
  return { path, holder, [Symbol.asyncDispose]: async () => release(path, holder) }
}

/** Who holds a lock now; undefined when it is free or its holder has ended. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  const found = read(path)
  return found && 'nonce' in found && isAlive(found) ? found : undefined
}

/** A look that meets a change begins again: changes need other takers who succeed, so this ends. */
const maxLooks = 1000

/** `path` is the lock or a claim on a stale one; messages name the lock. */
interface Taking {
  readonly path: string
  readonly lock: string
  readonly holder: LockHolder
}

function take({ path, lock, holder }: Taking): void {
  const own = `${path}.${holder.nonce}.${holder.pid}.new`
  writeFileSync(own, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o600 })
  try {
    for (let looks = 0; looks < maxLooks; looks++) {
      if (linkNew(own, path)) return
      const found = read(path)
      if (found === undefined) continue
      if ('nonce' in found && isAlive(found)) throw lockedError(lock, found)
      if (takeOver({ path, lock, holder, own, stale: found })) return
    }
    throw new OpsError('E_STATE', `${path} changes hands faster than it can be read`, { data: { path } })
  } finally {
    remove(own)
  }
}

function linkNew(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    return false
  }
}

/** True when the stale lock was replaced; false to look again. */
function takeOver(attempt: Taking & { readonly own: string; readonly stale: LockHolder | Unreadable }): boolean {
  const { path, lock, holder, own, stale } = attempt
  const claim = `${path}.${identityOf(stale)}`
  take({ path: claim, lock, holder: { ...holder, nonce: randomHex(8) } })
  try {
    const found = read(path)
    if (found === undefined || identityOf(found) !== identityOf(stale)) return false
    renameSync(own, path)
    return true
  } finally {
    remove(claim)
  }
}

/** A lock file without valid content: the power failed before it reached the disk. Its holder did not survive that. */
interface Unreadable {
  readonly content: string
}

function read(path: string): LockHolder | Unreadable | undefined {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    return ignoreMissing(error)
  }
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
function release(path: string, holder: LockHolder): void {
  const found = read(path)
  if (found && identityOf(found) === holder.nonce) remove(path)
}

const leftover = /(\.[0-9a-f]{16}|\.unreadable)(\.\d+\.new)?$/

/** Removes what killed takers left beside locks of one directory. Only their holder does it: while it lives, no claim on a former lock matters. */
function sweep(paths: readonly string[]): void {
  try {
    const [first = ''] = paths
    const directory = dirname(first)
    const locks = paths.map(path => `${basename(path)}.`)
    const left = readdirSync(directory).filter(name => locks.some(lock => name.startsWith(lock)) && leftover.test(name))
    for (const name of left) {
      const found = read(join(directory, name))
      if (found && 'nonce' in found && !isAlive(found)) remove(join(directory, name))
    }
  } catch {
    // It is left for the next holder.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    ignoreMissing(error)
  }
}

function ignoreMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
  return undefined
}
