import { join } from 'node:path'
import { z } from 'zod'
import type { Revision } from '../core/backend.ts'
import type { Clock } from '../core/clock.ts'
import { digestOf, sha256Of } from './digest.ts'
import { readSealed, SealError, writeSealed } from './sealed-file.ts'

/** What a source held when it was last heard of. */
export interface Snapshot extends Revision {
  /** Since the epoch, milliseconds. */
  readonly takenAt: number
}

const Content = z.object({
  version: z.literal(1),
  /** What was read: of another source or prefix it is no use. */
  source: z.string(),
  takenAt: z.number(),
  revision: z.string(),
  /** Of the entries. */
  digest: z.string(),
  entries: z.record(z.string(), z.base64()),
})

/** The last good state of a source, in one file. */
export class SnapshotFile {
  readonly path: string
  readonly #source: string

  constructor({ directory, source }: { readonly directory: string; readonly source: string }) {
    this.path = join(directory, 'snapshot')
    this.#source = sha256Of(source)
  }

  /** @throws OpsError E_STATE */
  async save(revision: Revision, clock: Clock): Promise<void> {
    const content: z.input<typeof Content> = {
      version: 1,
      source: this.#source,
      takenAt: clock.now(),
      revision: revision.revision,
      digest: digestOf(revision.entries),
      entries: Object.fromEntries([...revision.entries].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')])),
    }
    await writeSealed(this.path, content)
  }

  /** Undefined when there is none of this source. @throws SealError when it is not whole */
  async load(): Promise<Snapshot | undefined> {
    const content = await readSealed(this.path)
    if (content === undefined) return undefined
    const parsed = Content.safeParse(content)
    if (!parsed.success) throw new SealError('it is of another version', { cause: parsed.error })
    const { source, takenAt, revision, digest } = parsed.data
    if (source !== this.#source) return undefined
    const entries = new Map(Object.entries(parsed.data.entries).map(([key, value]) => [key, Buffer.from(value, 'base64')]))
    if (digestOf(entries) !== digest) throw new SealError('its values are not those that were written')
    return { takenAt, revision, entries }
  }
}
