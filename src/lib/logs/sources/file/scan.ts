import { statSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { errnoOf } from '../../../core/errno.ts'
import { globPaths } from '../../../core/glob.ts'
import { type FileFacts, factsOf } from './file-look.ts'
import { pathMatcher } from './path-matcher.ts'

/** A file that was found, under one or more names. */
export interface Found extends FileFacts {
  /** Sorted in the order of the patterns. */
  readonly paths: string[]
  /** Without symbolic links: where what it is called changes. */
  readonly real: string
}

/** What is there. */
export interface Scan {
  readonly files: ReadonlyMap<string, Found>
  /** Where something may change, those of symbolic links too. */
  readonly directories: ReadonlySet<string>
  /** Names of what can not be read, and why. */
  readonly troubles: ReadonlyMap<string, string>
}

export interface Wanted {
  readonly paths: readonly string[]
  readonly exclude: readonly string[]
  readonly cwd: string
  /** Found before: what is known of it is not asked for again. */
  readonly before?: ReadonlyMap<string, Found>
  /** Directories of file systems that never keep anybody waiting. */
  readonly quick?: ReadonlySet<string>
}

/** Looks for files. A pattern may have `**`, which is any directories. */
export async function scanFiles({ paths, exclude, cwd, before, quick }: Wanted): Promise<Scan> {
  const reals = new Map(
    [...(before?.values() ?? [])].flatMap(({ key, paths: names, real }) => names.map(path => [path, { key, real }])),
  )
  const files = new Map<string, Found>()
  const directories = new Set<string>()
  const troubles = new Map<string, string>()
  const isExcluded = pathMatcher(exclude, cwd)
  const read = async (path: string): Promise<readonly string[]> => {
    directories.add(path)
    try {
      return await readdir(path)
    } catch (error) {
      const problem = errnoOf(error) ?? String(error)
      if (problem !== 'ENOENT' && problem !== 'ENOTDIR') troubles.set(path, problem)
      return []
    }
  }
  const take = async (path: string, isNamed: boolean): Promise<void> => {
    if (isNamed) directories.add(dirname(path))
    try {
      const known = reals.get(path)
      // A thousand files every few seconds: asked at once that costs a tenth.
      const isQuick = known !== undefined && quick?.has(dirname(path)) && quick.has(dirname(known.real))
      const facts = isQuick ? statSync(path, { bigint: true }) : await stat(path, { bigint: true })
      if (!facts.isFile()) {
        if (isNamed || facts.isFIFO()) troubles.set(path, facts.isDirectory() ? 'it is a directory' : 'it is no file')
        return
      }
      const { key, ...rest } = factsOf(facts)
      const same = files.get(key)
      if (same !== undefined) return void (same.paths.includes(path) || same.paths.push(path))
      const real = known?.key === key ? known.real : await realpath(path)
      directories.add(dirname(real))
      files.set(key, { key, ...rest, paths: [path], real })
    } catch (error) {
      if (isNamed || errnoOf(error) !== 'ENOENT') troubles.set(path, errnoOf(error) ?? String(error))
    }
  }
  for (const pattern of paths.map(path => resolve(cwd, path))) {
    for (const expanded of await withoutStars(pattern, read)) {
      const fitting = await globPaths(expanded, read)
      for (const path of fitting) if (!isExcluded(path)) await take(path, path === pattern)
    }
  }
  return { files, directories, troubles }
}

/** A pattern with `**` as one for each directory that it may stand for. Links to directories are not gone through: they may go round. */
async function withoutStars(pattern: string, read: (path: string) => Promise<readonly string[]>): Promise<string[]> {
  const at = pattern.indexOf('/**/')
  if (at === -1) return [pattern]
  const rest = pattern.slice(at + 3)
  const roots = await globPaths(pattern.slice(0, at), read)
  const found: string[] = []
  for (let queue = roots; queue.length > 0; ) {
    const path = queue.pop() ?? ''
    found.push(...(await withoutStars(`${path}${rest}`, read)))
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) if (entry.isDirectory() && !entry.name.startsWith('.')) queue.push(`${path}/${entry.name}`)
  }
  return [...new Set(found)]
}

/** All files in the directory of a path but for those that are known, the likely ones first: whose name begins as that of the path does. */
export async function siblingsOf(path: string): Promise<{ readonly path: string; readonly facts: FileFacts }[] | undefined> {
  const directory = dirname(path)
  const stem = basename(path).replace(/\..*$/, '')
  let names: string[]
  try {
    names = await readdir(directory)
  } catch {
    return undefined
  }
  const found = []
  for (const name of names.sort((a, b) => Number(b.startsWith(stem)) - Number(a.startsWith(stem)) || (a < b ? -1 : 1))) {
    const facts = await stat(`${directory}/${name}`, { bigint: true }).catch(() => undefined)
    if (facts?.isFile()) found.push({ path: `${directory}/${name}`, facts: factsOf(facts) })
  }
  return found
}
