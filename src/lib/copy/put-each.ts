import { join } from 'node:path/posix'
import type { Sudo } from '../core/transport.ts'
import { makeDirectories, makeLinks } from './host-scripts.ts'
import type { HostShell } from './host-shell.ts'
import { contentOf, type LocalEntry } from './local-tree.ts'
import { octal } from './packed-tree.ts'

interface To {
  readonly shell: HostShell
  readonly signal: AbortSignal
  /** The directory into which is copied; absolute. */
  readonly base: string
  readonly owner?: string
  readonly sudo?: Sudo
}

/** Copies one file after the other, for a host without tar. Times of change are not kept. @throws TransportError */
export async function putEach(entries: readonly LocalEntry[], { shell, signal, base, owner, sudo }: To): Promise<void> {
  const pairs = (type: LocalEntry['type'], first: (entry: LocalEntry) => string): Uint8Array =>
    Buffer.from(
      entries
        .filter(entry => entry.type === type)
        .map(entry => `${first(entry)}\0./${entry.path}\0`)
        .join(''),
    )
  await shell.demand(makeDirectories, { args: [base, owner ?? ''], stdin: pairs('directory', entry => octal(entry.mode)) })
  for (const file of entries.filter(entry => entry.type === 'file')) {
    const options = { signal, mode: file.mode, ...(owner !== undefined && { owner }), ...(sudo && { sudo }) }
    await shell.transport.put(contentOf(file), join(base, file.path), options)
  }
  await shell.demand(makeLinks, { args: [base, owner ?? ''], stdin: pairs('symlink', entry => entry.target ?? '') })
}
