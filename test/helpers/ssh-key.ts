import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export type HostKeyType = 'ed25519' | 'rsa' | 'ecdsa'

const run = promisify(execFile)

/** Makes a key pair at `file` and `file.pub`; returns the public key as `type base64`. */
export async function makeKey(file: string, type: HostKeyType, passphrase = ''): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', file])
  return (await readFile(`${file}.pub`, 'utf8')).trim().split(' ').slice(0, 2).join(' ')
}
