import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findProgram } from './needs.ts'
import { type TempDir, tempDir } from './temp-dir.ts'

export interface CleanRootEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CleanRoot extends TempDir {
  /** Runs a shell line in there with PATH and these variables alone. */
  run(line: string, env?: Readonly<Record<string, string>>): Promise<CleanRootEnd>
}

/** A root directory with nothing but busybox and the C library of this machine, for `needs('root', 'busybox')`. */
export async function cleanRoot(): Promise<CleanRoot> {
  const directory = await tempDir()
  const { path } = directory
  const busybox = findProgram('busybox') ?? ''
  for (const name of ['bin', 'tmp', 'etc', 'dev', 'proc', 'root', 'home/ops', 'usr/bin'])
    await mkdir(join(path, name), { recursive: true })
  for (const library of [...librariesOf(busybox), ...librariesOf(process.execPath)]) {
    await mkdir(dirname(join(path, library)), { recursive: true })
    await copyFile(library, join(path, library))
  }
  await copyFile(busybox, join(path, 'bin/busybox'))
  const applets = Bun.spawnSync([busybox, '--list']).stdout.toString().trim().split('\n')
  for (const name of applets) if (name !== 'busybox') await symlink('busybox', join(path, 'bin', name))
  return {
    ...directory,
    run: async (line, env = {}) => {
      // /dev and /proc are those of the machine, in a mount namespace that ends with the line.
      const setUp = 'mount --rbind /dev "$0/dev"; mount --bind /proc "$0/proc"; exec chroot "$0" /bin/sh -c "$1"'
      const child = Bun.spawn(['unshare', '--mount', 'sh', '-c', setUp, path, line], {
        env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', ...env },
        stdin: 'ignore',
        stderr: 'pipe',
        timeout: 60_000,
      })
      const [code, stdout, stderr] = await Promise.all([
        child.exited,
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ])
      return { code, stdout, stderr }
    },
  }
}

/** Absolute paths of the shared libraries and the loader of a program. */
const librariesOf = (program: string): string[] =>
  [
    ...Bun.spawnSync(['ldd', program])
      .stdout.toString()
      .matchAll(/(\/\S+) \(0x/g),
  ].flatMap(([, path]) => path ?? [])
