import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readPackaging, root, type Target } from '../../scripts/release/packaging.ts'

/** Makes the release of these targets in a copy of this checkout at that path, and returns its directory. */
export async function makeRelease(
  checkout: string,
  { targets, umask, TZ }: { readonly targets: readonly Target[]; readonly umask: string; readonly TZ: string },
): Promise<string> {
  for (const name of [
    'src',
    'scripts',
    'docs/man',
    'docs/proto',
    'LICENSE',
    'package.json',
    'package-lock.json',
    'pkg.config.json',
  ])
    await cp(join(root, name), join(checkout, name), { recursive: true })
  for (const name of productionPackages())
    await cp(join(root, name), join(checkout, name), { recursive: true, dereference: true })
  await symlink(join(root, 'node_modules/@oven'), join(checkout, 'node_modules/@oven'))
  await mkdir(join(checkout, '.tmp'))
  await symlink(join(root, '.tmp/runtimes'), join(checkout, '.tmp/runtimes'))
  const line = `umask ${umask}; exec sh scripts/bun scripts/release.ts --fast ${targets.map(({ name }) => `--target ${name}`).join(' ')}`
  const end = Bun.spawnSync(['sh', '-c', line], { cwd: checkout, env: { ...process.env, TZ }, stderr: 'pipe' })
  const said = end.stderr.toString()
  if (said !== '') throw new Error(`the release said: ${said}`)
  return join(checkout, readPackaging().releaseDirectory)
}

/** By path, as in `node_modules/ora/node_modules/chalk`. */
const lockedPackages = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string(),
        integrity: z.string().default(''),
        dev: z.boolean().default(false),
        optional: z.boolean().default(false),
      }),
    ),
  })
  .parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))).packages

/** Paths of what the lock file has for users and not for development alone. */
export const productionPackages = (): string[] =>
  Object.entries(lockedPackages).flatMap(([path, { dev, optional }]) => (path !== '' && !dev && !optional ? [path] : []))

/** What a list of contents has to say of a package. */
export function pinned(path: string): { purl: string; hashes: { alg: string; content: string }[] } {
  const { version = '', integrity = '' } = lockedPackages[path] ?? {}
  const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  return {
    purl: `pkg:npm/${path.replace(/^.*node_modules\//, '').replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content }],
  }
}
