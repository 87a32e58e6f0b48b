import { open } from 'node:fs/promises'
import { OpsError } from '../core/errors.ts'

/** Certificates in PEM. @throws OpsError E_CONFIG */
export const readPem = (path: string): Promise<string> => read(path, { isPrivate: false })

/** A key in PEM, which others must not be able to read. @throws OpsError E_CONFIG */
export const readPrivateKey = (path: string): Promise<string> => read(path, { isPrivate: true })

async function read(path: string, { isPrivate }: { readonly isPrivate: boolean }): Promise<string> {
  try {
    await using file = await open(path)
    const { mode } = await file.stat()
    // Keys of servers are often readable for a group of their own.
    if (isPrivate && (mode & 0o007) !== 0) {
      throw new OpsError('E_CONFIG', `${path}: others may read this key`, { hint: `chmod o= ${path}` })
    }
    return await file.readFile('latin1')
  } catch (cause) {
    if (cause instanceof OpsError) throw cause
    throw new OpsError('E_CONFIG', `${path}: the file can not be read`, { cause })
  }
}
