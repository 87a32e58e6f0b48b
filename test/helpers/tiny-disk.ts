import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TempDir } from './temp-dir.ts'

/** A file system of its own that is full after so many bytes. A test that wants one asks `needs('mount')`. */
export async function tinyDisk(bytes: number): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), 'opsctl-disk-'))
  await run(['mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'opsctl-test', path])
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await run(['umount', '--lazy', path])
      await rm(path, { recursive: true, force: true })
    },
  }
}

async function run(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stderr: 'pipe' })
  if ((await child.exited) !== 0) throw new Error(`${argv.join(' ')}: ${await new Response(child.stderr).text()}`)
}
