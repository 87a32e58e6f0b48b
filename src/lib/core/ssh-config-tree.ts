import { OpsError } from './errors.ts'
import { globPaths } from './glob.ts'
import { parseSshConfigText, type SshConfigLine, sshConfigError } from './ssh-config-syntax.ts'
import { isPlainName } from './ssh-pattern.ts'

/** One file of an OpenSSH client configuration. */
export interface SshConfigFile {
  readonly path: string
  readonly owner?: FileOwner
  readonly lines: readonly SshConfigNode[]
}

export interface FileOwner {
  readonly uid: number
  /** Permission bits. */
  readonly mode: number
}

/** A line, with the files an Include brought in. */
export interface SshConfigNode {
  readonly line: SshConfigLine
  readonly included?: readonly SshConfigFile[]
}

/** What reading a configuration needs of the outside world. */
export interface SshConfigReader {
  /** Home directory of the user, as the password database has it: OpenSSH does not look at $HOME. */
  readonly home: string
  /** $HOME where it differs: glob(3), and so Include, does look at it. */
  readonly globHome?: string
  /** Home directory of another user, for `~name/`. */
  homeOf?(user: string): string | undefined
  /** Undefined when there is no such file, or it is a directory. */
  readFile(path: string): Promise<string | undefined>
  /** Names in a directory; none when there is no such directory. */
  readDirectory(path: string): Promise<readonly string[]>
  /** With it, owners are recorded and what OpenSSH refuses is refused. */
  owner?(path: string): Promise<FileOwner | undefined>
  /** The user for whom files must be safe. */
  readonly uid?: number
}

/** How a file came to be read. */
interface Origin {
  /** The user's own configuration: `~` is allowed and relative includes are in ~/.ssh, else in /etc/ssh. */
  readonly ofUser: boolean
  /** Owner and mode are checked, as OpenSSH does it for ~/.ssh/config and everything included. */
  readonly checked: boolean
  readonly depth: number
}

const maxDepth = 16

/**
 * Reads a file and all that it includes. Includes are read whether their block applies or not, as OpenSSH does.
 * @returns undefined when the file does not exist
 * @throws OpsError E_SSH_CONFIG for bad syntax, unsafe permissions and includes nested deeper than 16
 */
export async function loadSshConfigFile(
  path: string,
  origin: { readonly ofUser: boolean; readonly checked: boolean },
  reader: SshConfigReader,
): Promise<SshConfigFile | undefined> {
  return loadFile(path, { ...origin, depth: 0 }, reader)
}

/** Names of Host lines that stand for one host: no patterns, no negations; in order, without repeats. Match blocks name none. */
export function hostNames(
  files: readonly SshConfigFile[],
): { readonly name: string; readonly file: string; readonly line: number }[] {
  const found = new Map<string, { name: string; file: string; line: number }>()
  const visit = (file: SshConfigFile): void => {
    for (const { line, included } of file.lines) {
      for (const inner of included ?? []) visit(inner)
      if (line.keyword !== 'host') continue
      for (const name of line.args) {
        if (isPlainName(name) && !found.has(name)) found.set(name, { name, file: line.file, line: line.line })
      }
    }
  }
  for (const file of files) visit(file)
  return [...found.values()]
}

/** `~`, `~/path` and `~name/path` as OpenSSH expands them; undefined for an unknown user. */
export function expandTilde(path: string, reader: Pick<SshConfigReader, 'home' | 'homeOf'>): string | undefined {
  if (!path.startsWith('~')) return path
  const [, user, rest] = /^~([^/]*)\/*(.*)$/s.exec(path) ?? []
  if (user === undefined || rest === undefined) return path
  const home = user === '' ? reader.home : reader.homeOf?.(user)
  return home === undefined ? undefined : `${home.replace(/\/$/, '')}/${rest}`
}

async function loadFile(path: string, origin: Origin, reader: SshConfigReader): Promise<SshConfigFile | undefined> {
  if (origin.depth > maxDepth) {
    throw new OpsError('E_SSH_CONFIG', `${path}: includes are nested deeper than ${maxDepth}`, {
      hint: 'look for a file that includes itself',
      data: { file: path },
    })
  }
  const text = await reader.readFile(path)
  if (text === undefined) return undefined
  const owner = await reader.owner?.(path)
  if (owner && origin.checked) refuseUnsafe(path, owner, reader)
  const lines: SshConfigNode[] = []
  for (const line of parseSshConfigText(text, path)) {
    lines.push(line.keyword === 'include' ? { line, included: await loadIncluded(line, origin, reader) } : { line })
  }
  return { path, lines, ...(owner ? { owner } : {}) }
}

/** True when nobody but the user and root can have written the file. */
export const isSafeOwner = (owner: FileOwner, uid: number | undefined): boolean =>
  (owner.uid === 0 || owner.uid === uid) && (owner.mode & 0o022) === 0

function refuseUnsafe(path: string, owner: FileOwner, reader: SshConfigReader): void {
  if (isSafeOwner(owner, reader.uid)) return
  throw new OpsError('E_SSH_CONFIG', `bad owner or permissions on ${path}: uid ${owner.uid}, mode ${owner.mode.toString(8)}`, {
    hint: `it must be yours or root's and writable by nobody else: chmod go-w ${path}`,
    data: { file: path },
  })
}

async function loadIncluded(line: SshConfigLine, origin: Origin, reader: SshConfigReader): Promise<SshConfigFile[]> {
  const files: SshConfigFile[] = []
  for (const word of line.args) {
    for (const path of await globPaths(includePath(word, line, origin, reader), path => reader.readDirectory(path))) {
      const file = await loadFile(path, { ofUser: origin.ofUser, checked: true, depth: origin.depth + 1 }, reader)
      if (file) files.push(file)
    }
  }
  return files
}

function includePath(word: string, line: SshConfigLine, origin: Origin, reader: SshConfigReader): string {
  if (word === '') throw sshConfigError(line, "'Include' has an empty argument")
  if (word.startsWith('/')) return word
  const home = reader.globHome ?? reader.home
  if (!word.startsWith('~')) return origin.ofUser ? `${home}/.ssh/${word}` : `/etc/ssh/${word}`
  if (!origin.ofUser) throw sshConfigError(line, `'Include ${word}': a system-wide configuration may not use ~`)
  const path = expandTilde(word, { ...reader, home })
  if (path === undefined) throw sshConfigError(line, `'Include ${word}': there is no such user`)
  return path
}
