import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { GiveWay } from '../../core/clock.ts'
import type { Context } from '../../core/context.ts'
import { errnoOf } from '../../core/errno.ts'
import { OpsError } from '../../core/errors.ts'
import { sha256 } from '../../core/sha256.ts'
import { sourceReader } from '../../plan/file/source.ts'
import { type AskedCheck, readProbeSources } from '../../probe/index.ts'
import type { ServeOptions } from '../options.ts'

/** What a file came to, with all that it includes. */
interface Read {
  /** Of each file that was read for it, by its full path. */
  readonly sums: ReadonlyMap<string, string>
  readonly checks: readonly AskedCheck[]
}

/** What -f names. */
export interface Listed {
  readonly path: string
  /** Itself, or what stands in the directory. */
  readonly files: readonly string[]
}

interface Reading {
  readonly listed: readonly Listed[]
  readonly allowEmpty: boolean
  readonly giveWay: GiveWay
}

/** Files of checks: what did not change since the last time is not read again, and gives the same checks. */
export class CheckFiles {
  readonly #known = new Map<string, Read>()
  #asked: ReadonlySet<string> = new Set()
  /** What named files when it was read last. */
  #held: ReadonlySet<string> = new Set()

  /** Everything that was asked for the last time, included and missing files too, and what is still in use. Full paths. */
  get files(): readonly string[] {
    return [...new Set([...this.#asked, ...[...this.#known.values()].flatMap(({ sums }) => [...sums.keys()])])]
  }

  /**
   * A directory that held files of checks and holds none is refused: a mount that is not there looks like that.
   * @throws OpsError E_PLAN with everything that is wrong in the first wrong file
   */
  async read(context: Context, { listed, allowEmpty, giveWay }: Reading): Promise<AskedCheck[]> {
    const emptied = listed.find(({ path, files }) => files.length === 0 && this.#held.has(path))
    if (emptied && !allowEmpty)
      throw new OpsError('E_PLAN', `${emptied.path}: there is no file of checks in the directory any more`, {
        hint: 'mount it, or put a file there; an empty one is taken with --allow-empty, and at a start',
      })
    const asked = new Set<string>()
    this.#asked = asked
    const checks: AskedCheck[] = []
    const paths = listed.flatMap(({ files }) => files)
    for (const path of paths) {
      asked.add(resolve(context.paths.cwd, path))
      const known = this.#known.get(path)
      const read =
        known && (await isSame(known, context))
          ? known
          : await readAnew(context, { path, asked, giveWay, before: known?.checks ?? [] })
      this.#known.set(path, read)
      checks.push(...read.checks)
      await giveWay()
    }
    for (const path of this.#known.keys()) if (!paths.includes(path)) this.#known.delete(path)
    this.#held = new Set(listed.flatMap(({ path, files }) => (files.length > 0 ? [path] : [])))
    return checks
  }
}

async function isSame({ sums }: Read, { paths, signal }: Context): Promise<boolean> {
  const read = sourceReader({ directory: paths.cwd, signal })
  for (const [file, sum] of sums) {
    const bytes = await read(file).catch(() => undefined)
    if (bytes === undefined || sumOf(bytes) !== sum) return false
  }
  return true
}

interface ToRead {
  readonly path: string
  readonly asked: Set<string>
  readonly giveWay: GiveWay
  /** What it came to the last time. */
  readonly before: readonly AskedCheck[]
}

async function readAnew(context: Context, { path, asked, giveWay, before }: ToRead): Promise<Read> {
  const { program, paths, signal } = context
  const sums = new Map<string, string>()
  const onRead = (file: string, bytes?: Uint8Array): void => {
    asked.add(file)
    if (bytes) sums.set(file, sumOf(bytes))
  }
  const component: Context['component'] = (kind, type) => context.component(kind, type)
  const byText = new Map(before.map(check => [check.definition, check]))
  const known = (written: string): AskedCheck | undefined => byText.get(written)
  return { checks: await readProbeSources({ program, component, paths, signal, giveWay, onRead, known }, [{ path }]), sums }
}

const sumOf = (bytes: Uint8Array): string => sha256().update(bytes).digest('hex')

/**
 * The files of checks: those that are named, and of directories `*.yaml` and `*.yml`, by name; those that begin with a dot are being
 * written.
 * @throws OpsError E_PLAN
 */
export function listFiles({ paths }: Pick<Context, 'paths'>, { file }: Pick<ServeOptions, 'file'>): Promise<Listed[]> {
  const list = async (path: string): Promise<Listed> => {
    const full = resolve(paths.cwd, path)
    try {
      if (!(await stat(full)).isDirectory()) return { path, files: [path] }
      const names = (await readdir(full)).filter(name => /^[^.].*\.ya?ml$/.test(name)).sort()
      return { path, files: names.map(name => join(path, name)) }
    } catch (error) {
      // What is wrong with a file tells whoever reads it.
      if (errnoOf(error) === 'ENOENT') return { path, files: [path] }
      throw new OpsError('E_PLAN', `${path}: the directory of checks can not be read`, { cause: error })
    }
  }
  return Promise.all(file.map(list))
}
