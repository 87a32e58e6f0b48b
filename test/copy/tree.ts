import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Names that break scripts: spaces, newlines, quotes, options, globs, other scripts, more than a tar header holds. */
export const wildNames = [
  'plain.conf',
  'with space',
  'two\nlines',
  '-rf',
  '--help',
  "it's",
  '"quoted"',
  'back\\slash',
  '$HOME `id` $(id)',
  '*',
  'Schlüssel-鍵-🔑',
  `long-${'ü'.repeat(60)}`,
  '.hidden',
]

/** A directory with everything that can be copied: wild names, modes, times, links, empty files and directories. */
export async function wildTree(path: string): Promise<void> {
  await mkdir(join(path, 'conf.d', 'deep', 'deeper'), { recursive: true })
  await mkdir(join(path, 'empty'))
  await mkdir(join(path, 'private'), { mode: 0o700 })
  for (const [index, name] of wildNames.entries()) {
    const file = join(path, index % 2 ? 'conf.d' : '.', name)
    await writeFile(file, `${name}\n`.repeat(index))
    await utimes(file, 1_600_000_000 + index, 1_600_000_000 + index)
  }
  await writeFile(join(path, 'conf.d', 'deep', 'deeper', 'image.bin'), Buffer.alloc(300_001, 'opsctl'))
  await writeFile(join(path, 'private', 'key'), 'secret', { mode: 0o600 })
  await writeFile(join(path, 'run.sh'), '#!/bin/sh\n')
  await chmod(join(path, 'run.sh'), 0o755)
  await writeFile(join(path, 'read-only'), 'x')
  await chmod(join(path, 'read-only'), 0o444)
  await mkdir(join(path, 'sealed'))
  await writeFile(join(path, 'sealed', 'inside'), 'x')
  await chmod(join(path, 'sealed'), 0o555)
  await symlink('plain.conf', join(path, 'link'))
  await symlink('/no/such/target', join(path, 'conf.d', 'dangling link\n'))
  await symlink(`../${'d'.repeat(120)}`, join(path, 'conf.d', 'long link'))
  await symlink('conf.d', join(path, 'link-to-directory'))
}

/** What is in a directory, as text that compares: type, mode, time and content of each name. Links are not followed. */
export async function picture(path: string, below = ''): Promise<Record<string, string>> {
  const entries: Record<string, string> = {}
  for (const child of (await readdir(join(path, below))).sort()) {
    const name = join(below, child)
    const at = join(path, name)
    const stats = await lstat(at)
    const mode = (stats.mode & 0o7777).toString(8)
    if (stats.isSymbolicLink()) entries[name] = `-> ${await readlink(at)}`
    else if (stats.isDirectory()) Object.assign(entries, { [name]: `directory ${mode}` }, await picture(path, name))
    else entries[name] = `file ${mode} ${Math.floor(stats.mtimeMs / 1000)} ${sha256(await readFile(at))}`
  }
  return entries
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
