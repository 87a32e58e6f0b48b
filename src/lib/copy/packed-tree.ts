import { TransportError } from '../core/transport.ts'
import { archive, type Member } from '../transport/archive.ts'
import { contentOf, type LocalEntry } from './local-tree.ts'

/**
 * A tree as the tar stream that `receive` of host-scripts unpacks. Directories can be entered and written to while it is unpacked; a
 * mode that forbids it is set at the end, as is one that a change of the owner would strip.
 * @throws TransportError transfer when a file here is not any more what it was when the run began
 */
export async function* packed(
  entries: readonly LocalEntry[],
  { owner }: { readonly owner?: string },
): AsyncGenerator<Uint8Array> {
  try {
    yield* archive(members(entries, owner))
  } catch (error) {
    if (error instanceof TransportError) throw error
    throw new TransportError('transfer', `reading here failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function* members(entries: readonly LocalEntry[], owner: string | undefined): Generator<Member> {
  const files = entries.filter(entry => entry.type === 'file')
  const late = entries.filter(entry => isLate(entry, owner))
  yield { path: 't', mode: 0o700, mtimeMs: 0, content: { type: 'directory' } }
  yield text(
    'names',
    files.map(file => `./${file.path}\0`),
  )
  yield text(
    'sums',
    files.map(file => `${file.sha256}\n`),
  )
  yield text(
    'late',
    late.map(entry => `${octal(entry.mode)}\0./${entry.path}\0`),
  )
  for (const entry of entries) yield memberOf(entry)
  yield text('end', [])
}

function memberOf(entry: LocalEntry): Member {
  const { path, type, mode, mtimeMs = 0, size, target = '' } = entry
  const member = { path: `t/${path}`, mode, mtimeMs }
  if (type === 'directory') return { ...member, mode: mode | 0o700, content: { type } }
  if (type === 'symlink') return { ...member, content: { type, target } }
  return { ...member, content: { type: 'file', size, read: () => contentOf(entry) } }
}

function isLate({ type, mode }: LocalEntry, owner: string | undefined): boolean {
  if (type === 'directory') return (mode & 0o700) !== 0o700 || (mode & 0o7000) !== 0
  return type === 'file' && owner !== undefined && (mode & 0o6000) !== 0
}

function text(path: string, pieces: readonly string[]): Member {
  const bytes = Buffer.from(pieces.join(''))
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  return { path, mode: 0o600, mtimeMs: 0, content: { type: 'file', size: bytes.length, read } }
}

/** Permission bits as chmod takes them. */
export const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

/** The sums that `receive` printed because they differ from ours. */
export const digestsIn = (stdout: Uint8Array): string[] =>
  Buffer.from(stdout)
    .toString('latin1')
    .match(/[0-9a-f]{64}/g) ?? []
