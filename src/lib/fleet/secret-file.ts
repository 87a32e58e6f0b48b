import { open } from 'node:fs/promises'
import { OpsError } from '../core/errors.ts'

/**
 * The first line of a file that holds a secret.
 * @throws OpsError E_CONFIG when it can not be read, is empty, or others may read it
 */
export async function readSecretFile(path: string): Promise<string> {
  try {
    await using file = await open(path)
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new OpsError('E_CONFIG', `${path}: others may read this secret`, { hint: `chmod 600 ${path}` })
    }
    const [line] = (await file.readFile('utf8')).split('\n', 1)
    if (!line) throw new OpsError('E_CONFIG', `${path}: the file is empty`)
    return line.replace(/\r$/, '')
  } catch (cause) {
    if (cause instanceof OpsError) throw cause
    throw new OpsError('E_CONFIG', `${path}: the secret can not be read`, { cause })
  }
}
