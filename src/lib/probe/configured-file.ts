import { open } from 'node:fs/promises'
import { OpsError } from '../core/errors.ts'

/** The content of a file that a check names. @throws OpsError E_CONFIG when it can not be read */
export const readConfiguredFile = (path: string): Promise<Buffer> => read(path, { isPrivate: false })

/** That of a file that others must not be able to read. @throws OpsError E_CONFIG */
export const readPrivateFile = (path: string): Promise<Buffer> => read(path, { isPrivate: true })

async function read(path: string, { isPrivate }: { readonly isPrivate: boolean }): Promise<Buffer> {
  try {
    await using file = await open(path)
    const { mode } = await file.stat()
    // Keys of servers are often readable for a group of their own.
    if (isPrivate && (mode & 0o007) !== 0) {
      throw new OpsError('E_CONFIG', `${path}: others may read this key`, { hint: `chmod o= ${path}` })
    }
    return await file.readFile()
  } catch (cause) {
    if (cause instanceof OpsError) throw cause
    throw new OpsError('E_CONFIG', `${path}: the file can not be read`, { cause })
  }
}
