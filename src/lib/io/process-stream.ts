import { fileSystem } from './file-system.ts'

/** `file` takes what is written without waiting for a reader, as /dev/null does; whoever reads a pipe or a socket may take his time. */
export type StreamKind = 'terminal' | 'file' | 'other'

/** node:tty brings sockets and streams with it, which cost half the time of a start: it is asked only about what may be a terminal. */
export function kindOfStream(fd: number): StreamKind {
  try {
    const { fstatSync, statSync } = fileSystem()
    const found = fstatSync(fd)
    if (found.isFile()) return 'file'
    if (!found.isCharacterDevice()) return 'other'
    if (found.rdev === statSync('/dev/null').rdev) return 'file'
  } catch {
    return 'other'
  }
  return process.getBuiltinModule('node:tty').isatty(fd) ? 'terminal' : 'other'
}

export const isTerminalAt = (fd: number): boolean => kindOfStream(fd) === 'terminal'

/**
 * Whether the caller gave us no such stream. The runtime opens /dev/null in its place, marked close-on-exec, which nothing inherited
 * from a caller can be. Only Linux tells; elsewhere what is written to a closed stream is lost.
 */
export function wasClosed(fd: number): boolean {
  try {
    const text = fileSystem().readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    // Octal, behind `flags:` and a tab. A pattern would cost more than all the rest.
    const at = text.indexOf(flagsKey)
    return at !== -1 && (Number.parseInt(text.slice(at + flagsKey.length), 8) & closeOnExec) !== 0
  } catch {
    return false
  }
}

const flagsKey = 'flags:'
const closeOnExec = 0o2000000
