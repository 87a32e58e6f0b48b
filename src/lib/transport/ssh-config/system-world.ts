import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import type { NameLookup } from './canonical-host.ts'
import type { SshConfigWorld } from './ssh-config.ts'

/** This machine as loadSshConfig() needs it. Commands and name lookups belong to other layers and are given. */
export function systemWorld(given: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly exec: SshConfigWorld['exec']
  readonly lookup?: NameLookup
}): SshConfigWorld {
  const { env } = given
  const uid = process.getuid?.() ?? 0
  const accounts = readAccounts()
  // Not os.userInfo(): Bun answers from $USER. Accounts that are not in the file (LDAP) have nothing but the environment.
  const self = accounts.find(account => account.uid === uid)
  const globHome = env['HOME']
  return {
    ...given,
    ...(globHome === undefined ? {} : { globHome }),
    uid,
    user: self?.name ?? env['LOGNAME'] ?? env['USER'] ?? String(uid),
    home: self?.home ?? homeDirectory(),
    hostname: hostname(),
    homeOf: name => accounts.find(account => account.name === name)?.home,
    readFile: path => readFile(path, 'utf8').catch(absent(['ENOENT', 'EISDIR', 'ENOTDIR'])),
    readDirectory: async path => (await readdir(path).catch(absent(['ENOENT', 'ENOTDIR', 'EACCES']))) ?? [],
    owner: async path => {
      const found = await stat(path).catch(absent(['ENOENT', 'ENOTDIR']))
      return found && { uid: found.uid, mode: found.mode & 0o7777 }
    },
  }
}

/** That of an account elsewhere than in the file, or of HOME; in a container there may be neither. */
function homeDirectory(): string {
  try {
    return homedir()
  } catch {
    return '/nonexistent'
  }
}

/** Turns some system errors into undefined. */
function absent(codes: readonly string[]): (error: unknown) => undefined {
  return error => {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return undefined
    throw error
  }
}

function readAccounts(): { readonly name: string; readonly uid: number; readonly home: string }[] {
  if (!existsSync('/etc/passwd')) return []
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
    .map(([name = '', , uid = '', , , home = '']) => ({ name, uid: uid === '' ? -1 : Number(uid), home }))
}
