import { copyFile, cp, mkdir, realpath, symlink } from 'node:fs/promises'
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
  /** Copies a program of this machine, with its libraries or, for one of npm, its package, and puts it into /usr/bin. */
  add(name: string): Promise<void>
}

/** A root directory with nothing but busybox and the C library of this machine, for `needs('root', 'busybox')`. */
export async function cleanRoot(): Promise<CleanRoot> {
  const directory = await tempDir()
  const { path } = directory
  const busybox = findProgram('busybox') ?? ''
  for (const name of ['bin', 'tmp', 'etc', 'dev', 'proc', 'root', 'home/ops', 'usr/bin'])
    await mkdir(join(path, name), { recursive: true })
  const copyLibraries = async (program: string): Promise<void> => {
    for (const library of librariesOf(program)) {
      await mkdir(dirname(join(path, library)), { recursive: true })
      await copyFile(library, join(path, library))
    }
  }
  for (const program of [busybox, process.execPath]) await copyLibraries(program)
  await copyFile(busybox, join(path, 'bin/busybox'))
  const applets = Bun.spawnSync([busybox, '--list']).stdout.toString().trim().split('\n')
  for (const name of applets) if (name !== 'busybox') await symlink('busybox', join(path, 'bin', name))
  // Where scripts of npm look for it, on every system.
  await symlink('/bin/busybox', join(path, 'usr/bin/env'))
  return {
    ...directory,
    add: async name => {
      const file = await realpath(findProgram(name) ?? '')
      const [copied = file] = /^.*\/node_modules\/[^/]+/.exec(file) ?? []
      await cp(copied, join(path, copied), { recursive: true })
      await copyLibraries(file)
      if (file !== `/usr/bin/${name}`) await symlink(file, join(path, 'usr/bin', name))
    },
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
