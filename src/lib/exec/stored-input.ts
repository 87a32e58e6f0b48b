import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'

/** Bytes that are read once for every host, whenever its turn comes. */
export type StoredInput = () => AsyncIterable<Uint8Array>

/**
 * What can be read only once (`-` for opsctl's own stdin, a pipe, a process substitution) is stored first: in memory while it is
 * small, in a private file that goes with the run otherwise. With `snapshot` so is a file, which may change during the run.
 * @throws OpsError E_USAGE when it can not be read
 */
export async function storedInput(
  context: Context,
  { path, snapshot = false }: { readonly path: string; readonly snapshot?: boolean },
): Promise<StoredInput> {
  const { io, signal } = context
  if (path === '-') return store(context, io.stdin.read(signal))
  try {
    if (!snapshot && (await stat(path)).isFile()) {
      await access(path, constants.R_OK)
      return () => createReadStream(path)
    }
    return await store(context, createReadStream(path, { signal }))
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof OpsError) throw cause
    throw new OpsError('E_USAGE', `${path} can not be read`, { cause })
  }
}

async function store({ outputs }: Context, source: AsyncIterable<Uint8Array>): Promise<StoredInput> {
  const writer = outputs.open('stdin')
  for await (const piece of source) await writer.write(piece)
  const stored = await writer.close()
  return () => outputs.read(stored)
}
