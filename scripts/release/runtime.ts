import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extract } from 'tar'
import { z } from 'zod'
import { type Packaging, root, type Target } from './packaging.ts'
import { silence } from './silence.ts'

const lockFile = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
})

/**
 * Path of the target's runtime with the variables of pkg.config.json silenced. The runtime comes from node_modules, or from the npm
 * registry with the hash of package-lock.json, and is kept in .tmp/runtimes.
 * @throws Error when it cannot be fetched, has another hash, or holds another number of names
 */
export async function preparedRuntime(target: Target, config: Packaging): Promise<string> {
  const { version, integrity } = pinned(target)
  const recipe = createHash('sha256')
    .update(JSON.stringify([integrity, config.silenced, target, readFileSync(join(import.meta.dirname, 'silence.ts'), 'utf8')]))
    .digest('hex')
  const directory = join(root, '.tmp/runtimes', `${target.name}-${recipe.slice(0, 16)}`)
  const prepared = join(directory, 'bun')
  if (existsSync(prepared)) return prepared
  mkdirSync(join(root, '.tmp/runtimes'), { recursive: true })
  const work = mkdtempSync(join(root, '.tmp/runtimes', 'making-'))
  try {
    const original = await originalRuntime({ target, version, integrity, work })
    writeFileSync(join(work, 'bun'), silence(readFileSync(original), target, config.silenced.variables), { mode: 0o755 })
    rmSync(join(work, 'package'), { recursive: true, force: true })
    // Two builds at once make the same file: the first one stays.
    if (!existsSync(directory)) renameSync(work, directory)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return prepared
}

/** Version and hash of the runtime, as package-lock.json pins them. */
export function pinned({ runtime }: Target): { readonly version: string; readonly integrity: string } {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  const { version, integrity } = packages[`node_modules/${runtime}`] ?? {}
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json does not pin ${runtime}`)
  return { version, integrity }
}

interface Wanted {
  readonly target: Target
  readonly version: string
  readonly integrity: string
  /** An empty directory. */
  readonly work: string
}

async function originalRuntime({ target, version, integrity, work }: Wanted): Promise<string> {
  const installed = join(root, 'node_modules', target.runtime, 'bin/bun')
  // npm has checked its hash.
  if (existsSync(installed)) return installed
  const argv = ['pack', '--silent', '--pack-destination', work, `${target.runtime}@${version}`]
  const { status, stdout, stderr } = spawnSync('npm', argv, { cwd: work, encoding: 'utf8', timeout: 600_000 })
  if (status !== 0) throw new Error(`npm could not fetch ${target.runtime}@${version}: ${stderr}`)
  const archive = join(work, stdout.trim())
  const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
  if (hash !== integrity)
    throw new Error(`${target.runtime}@${version} has the hash ${hash}, package-lock.json says ${integrity}`)
  await extract({ file: archive, cwd: work })
  rmSync(archive)
  return join(work, 'package/bin/bun')
}
