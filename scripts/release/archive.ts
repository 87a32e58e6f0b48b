import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { create } from 'tar'

export interface PackedFile {
  /** Below the root of the archive, without a leading slash. */
  readonly path: string
  readonly content: string | Uint8Array
  readonly executable?: boolean
}

/** The time of every file in every archive: an archive must not tell when it was made. */
export const fixedTime = new Date('2000-01-01T00:00:00Z')

/**
 * A gzipped tar of the files, sorted, of nobody, at a fixed time: same files, same bytes. It names directories only where asked to: who
 * unpacks it as root would else give them the owner, mode and time of the archive, and these may be /usr/local/bin.
 */
export async function tarGz(files: readonly PackedFile[], { prefix = '', level = 9, directories = false } = {}): Promise<Buffer> {
  const stage = mkdtempSync(join(tmpdir(), 'opsctl-archive-'))
  try {
    for (const { path, content, executable } of files) {
      mkdirSync(dirname(join(stage, path)), { recursive: true })
      writeFileSync(join(stage, path), content, { mode: executable ? 0o755 : 0o644 })
    }
    const paths = [...new Set(files.flatMap(({ path }) => [...(directories ? parents(path) : []), path]))].sort()
    const options = { cwd: stage, portable: true, mtime: fixedTime, noDirRecurse: true, ...(prefix !== '' && { prefix }) }
    const chunks = await create({ ...options, onWriteEntry: nobody }, paths).collect()
    return gzipSync(Buffer.concat(chunks), { level })
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/** The umask of who builds must not be in the archive; directories would else get no time at all, which unpacks as 1970. */
function nobody(entry: { noMtime: boolean; stat?: { mode: number; isDirectory(): boolean } }): void {
  entry.noMtime = false
  if (entry.stat) entry.stat.mode = entry.stat.isDirectory() || (entry.stat.mode & 0o100) !== 0 ? 0o755 : 0o644
}

const parents = (path: string): string[] => {
  const parent = dirname(path)
  return parent === '.' ? [] : [...parents(parent), `${parent}/`]
}
