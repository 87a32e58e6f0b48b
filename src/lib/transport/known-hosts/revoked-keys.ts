import { OpsError } from '../../core/errors.ts'
import { keyOfLine } from './host-line.ts'
import type { PublicKey } from './public-key.ts'

/**
 * The keys of a RevokedHostKeys file: one public key a line. A file that can not be understood is an error, as it is to OpenSSH: what it revokes
 * is not known, so no host key may be trusted.
 * @throws OpsError E_SSH_CONFIG, also for a binary key revocation list
 */
export async function loadRevokedKeys(
  file: string,
  readFile: (path: string) => Promise<string | undefined>,
): Promise<readonly PublicKey[]> {
  const text = await readFile(file)
  if (text === undefined)
    throw new OpsError('E_SSH_CONFIG', `${file}: the file of RevokedHostKeys does not exist`, { data: { file } })
  if (text.startsWith('SSHKRL\n')) {
    throw new OpsError('E_SSH_CONFIG', `${file}: binary key revocation lists are not supported`, {
      hint: 'name a file with one revoked public key a line as RevokedHostKeys',
      data: { file },
    })
  }
  const keys: PublicKey[] = []
  text.split('\n').forEach((content, index) => {
    const keyText = content.trim()
    if (keyText === '' || keyText.startsWith('#')) return
    const key = keyOfLine({ keyText })
    if (!key) throw new OpsError('E_SSH_CONFIG', `${file}:${index + 1}: not a public key`, { data: { file, line: index + 1 } })
    keys.push(key)
  })
  return keys
}
