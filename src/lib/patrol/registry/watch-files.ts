import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context } from '../../core/context.ts'
import { toOpsError } from '../../core/errors.ts'
import { sha256 } from '../../core/sha256.ts'

/** Between two looks at the files, milliseconds. Asked again and again, since network file systems tell nobody of changes. */
const everyMs = 2000
/** A file that was written not longer ago may be written again without any of its figures changing: some file systems count in seconds. */
const freshMs = 60_000
/** What is larger is known by its figures alone. */
const maxRead = 1024 * 1024

interface Watching {
  /** What there is to watch now; where it throws, that is a state too. */
  readonly files: () => Promise<readonly string[]>
  /** Their print from before they were read: what changed while they were is a change. */
  readonly before: string
  readonly onChange: () => void
}

/** Calls when files came, changed or went, once they are the same for two looks: nobody writes them any more then. */
export function watchFiles(context: Pick<Context, 'clock' | 'paths'>, { files, before, onChange }: Watching): Disposable {
  let cancel = (): void => {}
  let isOver = false
  let known = before
  let last: string | undefined
  const look = async (): Promise<void> => {
    const now = await printOf(context, files)
    if (isOver) return
    if (now !== known && now === last) {
      known = now
      onChange()
    }
    last = now
    cancel = context.clock.timer(everyMs, () => void look(), { background: true })
  }
  void look()
  return {
    [Symbol.dispose]() {
      isOver = true
      cancel()
    },
  }
}

/** Another one when anything of the files is another. */
export function printOf({ clock, paths }: Pick<Context, 'clock' | 'paths'>, files: Watching['files']): Promise<string> {
  const now = clock.now()
  const print = async (): Promise<string> => {
    const all = new Set((await files()).map(path => resolve(paths.cwd, path)))
    const prints = await Promise.all([...all].map(async path => [path, await figuresOf(path, now)] as const))
    return JSON.stringify(prints)
  }
  return print().catch(error => `unreadable: ${toOpsError(error).message}`)
}

async function figuresOf(path: string, now: number): Promise<readonly (string | number)[]> {
  try {
    const found = await stat(path)
    const { ino, size, mtimeMs, ctimeMs } = found
    const isFresh = mtimeMs > now - freshMs || ctimeMs > now - freshMs
    const sum = isFresh && found.isFile() && size <= maxRead ? await sumOf(path) : ''
    return [ino, size, mtimeMs, ctimeMs, sum]
  } catch {
    return []
  }
}

const sumOf = async (path: string): Promise<string> =>
  sha256()
    .update(await readFile(path))
    .digest('hex')
