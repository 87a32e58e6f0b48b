import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { InventoryInput, InventoryTools } from '../core/component.ts'
import { errnoOf } from '../core/errno.ts'
import { inventoryError } from './fault.ts'

/** Largest inventory file that is read. */
const maxFileBytes = 64 * 1024 * 1024
/** Up to here a file that is mentioned is read without yielding: hops to another thread and back cost ten times as much, at every start. */
const littleBytes = 64 * 1024
/** How long a program may take, and how much it may print. */
const programTimeoutMs = 120_000
const maxProgramBytes = 64 * 1024 * 1024

/** Runs a program on this machine without a shell. */
export type ProgramRunner = (argv: readonly string[], limits: ProgramLimits) => Promise<ProgramResult>

export interface ProgramLimits {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly maxOutputBytes: number
}

export interface ProgramResult {
  /** null when it was ended by a signal or by a limit. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Why it was ended: `timeout`, `output-limit`, a signal. */
  readonly ended?: string
}

export interface InventoryWorld {
  readonly signal: AbortSignal
  readonly home: string | undefined
  /** Effective user: programs of other users, root excepted, are not run. */
  readonly uid: number
  readonly parseYaml: InventoryTools['parseYaml']
  readonly run: ProgramRunner
}

/** The tools of inventory sources over this machine's files. */
export function inventoryTools(world: InventoryWorld): InventoryTools {
  const { signal } = world
  const at = (path: string): string =>
    path.startsWith('~/') && world.home !== undefined ? join(world.home, path.slice(2)) : path
  return {
    signal,
    input: path => inputAt({ path, place: at(path), signal }),
    readFile: async path => ignoringAbsent(path, undefined, () => readLittle({ path, place: at(path), signal })),
    readDirectory: async path => ignoringAbsent(path, [], () => namesIn(at(path))),
    parseYaml: world.parseYaml,
    runProgram: (path, args) => runProgram(world, at(path), args),
  }
}

interface Reading {
  /** As it was written, for messages. */
  readonly path: string
  readonly place: string
  readonly signal: AbortSignal
}

async function inputAt({ path, place, signal }: Reading): Promise<InventoryInput> {
  try {
    const found = await stat(place)
    if (found.isDirectory()) return { path, executable: false, directory: true }
    return { path, text: await readText({ path, place, signal }), executable: (found.mode & 0o111) !== 0, directory: false }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Most of what is mentioned, as an SSH configuration, is little or absent. */
function readLittle(reading: Reading): string | undefined | Promise<string> {
  const found = statSync(reading.place, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  return found.isFile() && found.size <= littleBytes ? withoutMark(readFileSync(reading.place, 'utf8')) : readText(reading)
}

async function readText({ path, place, signal }: Reading): Promise<string> {
  const { size } = await stat(place)
  if (size > maxFileBytes)
    throw inventoryError({ path }, `is larger than the ${maxFileBytes / 1024 ** 2} MiB that are read of an inventory`)
  return withoutMark(await readFile(place, { encoding: 'utf8', signal }))
}

const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text)

function namesIn(place: string): string[] {
  const isDirectory = (entry: Dirent): boolean =>
    entry.isSymbolicLink() ? pointsToDirectory(join(place, entry.name)) : entry.isDirectory()
  const named = readdirSync(place, { withFileTypes: true }).map(entry => (isDirectory(entry) ? `${entry.name}/` : entry.name))
  // By name alone, so that `web/` and `web-2` stand as their names do.
  return named.sort((a, b) => compare(a.replace(/\/$/, ''), b.replace(/\/$/, '')))
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

function pointsToDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    // A dangling link is named like a file: reading it says what is wrong.
    return false
  }
}

async function ignoringAbsent<T>(path: string, absent: T, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(cause) ?? '')) return absent
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): unknown {
  const errno = errnoOf(cause)
  if (errno === undefined) return cause
  if (errno === 'ENOENT') return inventoryError({ path }, 'there is no such file or directory', { cause })
  return inventoryError({ path }, errno === 'EACCES' ? 'may not be read by this user' : `can not be read: ${errno}`, { cause })
}

/** A program that somebody else may change would let them run anything as this user. */
async function runProgram({ uid, run, signal }: InventoryWorld, path: string, args: readonly string[]): Promise<string> {
  const { uid: owner, mode } = await stat(path)
  if (owner !== uid && owner !== 0)
    throw inventoryError({ path }, 'belongs to another user, so it is not run', { hint: `look at it, then chown it to yourself` })
  if ((mode & 0o022) !== 0)
    throw inventoryError({ path }, 'others may write this program, so it is not run', { hint: `chmod go-w ${path}` })
  const program = path.includes('/') ? path : `./${path}`
  const { code, stdout, stderr, ended } = await run([program, ...args], {
    signal,
    timeoutMs: programTimeoutMs,
    maxOutputBytes: maxProgramBytes,
  })
  if (code === 0 && ended === undefined) return stdout
  const command = [path, ...args].join(' ')
  const how = ended === undefined ? `ended with status ${code ?? 'unknown'}` : `was ended: ${ended}`
  const said = stderr.trim().split('\n').at(-1)
  throw inventoryError({ path }, `'${command}' ${how}${said ? `: ${said.slice(0, 500)}` : ''}`)
}
