import { createReadStream } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'

/**
 * A source that can be read once for every host, whenever its turn comes. What arrives on opsctl's own stdin is stored first:
 * in memory while it is small, in a private file that goes with the run otherwise.
 * @throws OpsError E_USAGE when the file can not be read
 */
export async function storedInput({ io, outputs, signal }: Context, path: string): Promise<() => AsyncIterable<Uint8Array>> {
  if (path !== '-') {
    await access(path, constants.R_OK).catch(cause => {
      throw new OpsError('E_USAGE', `${path} can not be read`, { cause })
    })
    return () => createReadStream(path)
  }
  const writer = outputs.open('stdin')
  for await (const piece of io.stdin.read(signal)) await writer.write(piece)
  const stored = await writer.close()
  return () => outputs.read(stored)
}
