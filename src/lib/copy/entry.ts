/** One file, directory or symbolic link of what is copied. */
export interface Entry {
  /** Relative to the directory into which is copied, without `.`, `..` or a slash at its end. */
  readonly path: string
  readonly type: EntryType
  /** Permission bits. */
  readonly mode: number
  /** Since the epoch, whole seconds where a host tells it; absent where it is not known. */
  readonly mtimeMs?: number
  /** Bytes of a file, else 0. */
  readonly size: number
  /** Of a file: lower-case hex. */
  readonly sha256?: string
  /** Of a symbolic link. */
  readonly target?: string
}

export type EntryType = 'file' | 'directory' | 'symlink' | 'special'

/** Type and permission bits of a mode as stat gives it. */
export function typeOfMode(mode: number): EntryType {
  switch (mode & 0o170000) {
    case 0o100000:
      return 'file'
    case 0o040000:
      return 'directory'
    case 0o120000:
      return 'symlink'
    default:
      return 'special'
  }
}

/** What a special file is called in messages. */
export function kindOfMode(mode: number): string {
  switch (mode & 0o170000) {
    case 0o010000:
      return 'FIFO'
    case 0o140000:
      return 'socket'
    case 0o020000:
    case 0o060000:
      return 'device'
    default:
      return 'special file'
  }
}

/** Files and their bytes, for reports. */
export function tally(entries: readonly Entry[]): { files: number; bytes: number } {
  const files = entries.filter(entry => entry.type === 'file')
  return { files: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) }
}
