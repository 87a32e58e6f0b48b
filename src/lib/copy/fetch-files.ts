import { TransportError } from '../core/transport.ts'
import { ArchiveReader, type FileTaker } from '../transport/archive.ts'
import { send, sendOne } from './host-scripts.ts'
import type { HostShell } from './host-shell.ts'
import type { HostTree, Pulled } from './host-tree.ts'
import type { Stage } from './landing.ts'

interface Fetch {
  readonly shell: HostShell
  readonly tree: HostTree
  readonly stage: Stage
}

/**
 * Brings the files of a tree into the private directory: all in one tar stream, then one by one what did not come or came with another
 * SHA-256 than was listed, as it is with a log that grows meanwhile.
 * @throws TransportError when the host sends anything but the files that were asked for, or a file that does not keep still
 */
export async function fetchFiles({ shell, tree, stage }: Fetch): Promise<void> {
  const files = tree.entries.filter(entry => entry.type === 'file')
  const arrived = tree.hasTar ? await fetchPacked({ shell, tree, stage }, files) : new Set()
  for (const file of files) {
    if (!arrived.has(file)) await fetchOne({ shell, tree, stage }, file)
  }
}

/** The files that came as they were listed. */
async function fetchPacked({ shell, tree, stage }: Fetch, files: readonly Pulled[]): Promise<ReadonlySet<Pulled>> {
  // A newline ends a name in the list that busybox reads.
  const asked = new Map(files.filter(file => !file.name.includes('\n')).map(file => [file.name, file]))
  const arrived = new Set<Pulled>()
  if (asked.size === 0) return arrived
  const reader = new ArchiveReader(async ({ path }) => {
    const file = asked.get(path)
    if (file === undefined) throw new TransportError('transfer', `the host sent ${JSON.stringify(path)}, which was not asked for`)
    asked.delete(path)
    const taker = await stage.take(file)
    return closing(taker, () => {
      if (taker.sha256() === file.sha256) arrived.add(file)
    })
  })
  try {
    const names = Buffer.from([...asked.keys()].map(name => `${name}\0`).join(''))
    await shell.run(send, { args: [tree.source], stdin: names, stdout: bytes => reader.write(bytes) })
  } catch (error) {
    throw asTransfer(error)
  } finally {
    await reader.abandon()
  }
  return arrived
}

function closing(taker: FileTaker, closed: () => void): FileTaker {
  return {
    write: bytes => taker.write(bytes),
    close: async () => {
      await taker.close()
      closed()
    },
  }
}

/** Size, SHA-256 and content come from the same moment: a file that only grows always arrives. */
async function fetchOne({ shell, tree, stage }: Fetch, file: Pulled): Promise<void> {
  const taker = await stage.take(file)
  const head = new HeadLine()
  try {
    const { said } = await shell.run(sendOne, {
      args: [tree.source, file.name],
      stdout: async bytes => {
        const content = head.push(bytes)
        if (content.length > 0) await taker.write(content)
      },
    })
    await taker.close()
    if (head.sha256 === taker.sha256()) return
    const why = head.sha256 === undefined ? said || 'nothing came' : 'it changes while it is copied'
    throw new TransportError('transfer', `${file.shown} could not be copied: ${why}`)
  } finally {
    await taker.close()
  }
}

/** `SIZE SHA256` and a newline before the content. */
class HeadLine {
  sha256: string | undefined
  #head: Buffer | undefined = Buffer.alloc(0)

  /** What is content of the piece. */
  push(bytes: Uint8Array): Uint8Array {
    if (this.#head === undefined) return bytes
    this.#head = Buffer.concat([this.#head, bytes])
    const end = this.#head.indexOf('\n')
    if (end === -1) {
      if (this.#head.length > 200) throw new TransportError('transfer', 'the host did not send a file')
      return new Uint8Array()
    }
    this.sha256 = /^\d+ ([0-9a-f]{64})$/.exec(this.#head.toString('latin1', 0, end))?.[1]
    const content = this.#head.subarray(end + 1)
    this.#head = undefined
    return content
  }
}

/** What the stream itself is wrong with is trouble of the host; errors that know better pass. */
function asTransfer(error: unknown): unknown {
  const named = error instanceof Error && error.name !== 'Error'
  return named || !(error instanceof Error) ? error : new TransportError('transfer', error.message, { cause: error })
}
