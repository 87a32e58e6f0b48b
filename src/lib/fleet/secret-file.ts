import { open } from 'node:fs/promises'
import { OpsError } from '../core/errors.ts'

export interface SecretForm {
  /** All of a file, such as a key of several lines; else its first line. */
  readonly whole?: boolean
}

/**
 * The first line of a file that holds a secret, or all of it.
 * @throws OpsError E_CONFIG when it can not be read, is empty, or others may read it
 */
export async function readSecretFile(path: string, { whole = false }: SecretForm = {}): Promise<string> {
  try {
    await using file = await open(path)
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new OpsError('E_CONFIG', `${path}: others may read this secret`, { hint: `chmod 600 ${path}` })
    }
    const text = await file.readFile('utf8')
    if (whole && text.trim() !== '') return text
    const [line] = text.split('\n', 1)
    if (!line) throw new OpsError('E_CONFIG', `${path}: the file is empty`)
    return line.replace(/\r$/, '')
  } catch (cause) {
    if (cause instanceof OpsError) throw cause
    throw new OpsError('E_CONFIG', `${path}: the secret can not be read`, { cause })
  }
}
