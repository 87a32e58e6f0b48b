import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf } from '../core/errno.ts'
import type { Json } from '../core/json.ts'
import { writeFileAtomic } from '../run/atomic-write.ts'
import { sha256Of } from './digest.ts'

/** A file that is not what was written. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

/** Writes JSON behind a line with its SHA-256, so that a file that was cut or edited is known. @throws OpsError E_STATE */
export async function writeSealed(path: string, content: Json): Promise<void> {
  const body = `${JSON.stringify(content)}\n`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileAtomic(path, `${sha256Of(body)}\n${body}`, { mode: 0o600, code: 'E_STATE' })
}

/** Undefined when there is no such file. @throws SealError */
export async function readSealed(path: string): Promise<Json | undefined> {
  const text = await readFile(path, 'utf8').catch(error => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw new SealError(`it can not be read: ${errnoOf(error)}`, { cause: error })
  })
  if (text === undefined) return undefined
  const body = text.slice(65)
  if (text[64] !== '\n' || sha256Of(body) !== text.slice(0, 64)) {
    throw new SealError('it is not what was written: its SHA-256 differs')
  }
  return JSON.parse(body)
}
