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
  readonly onChange: () => void
}

/** Calls when files came, changed or went, once they are the same for two looks: nobody writes them any more then. */
export function watchFiles({ clock, paths }: Pick<Context, 'clock' | 'paths'>, { files, onChange }: Watching): Disposable {
  let cancel = (): void => {}
  let isOver = false
  let known: string | undefined
  let last: string | undefined
  const look = async (): Promise<void> => {
    const now = await files()
      .then(found =>
        printOf(
          found.map(path => resolve(paths.cwd, path)),
          clock.now(),
        ),
      )
      .catch(error => `unreadable: ${toOpsError(error).message}`)
    if (isOver) return
    known ??= now
    if (now !== known && now === last) {
      known = now
      onChange()
    }
    last = now
    cancel = clock.timer(everyMs, () => void look(), { background: true })
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
async function printOf(files: readonly string[], now: number): Promise<string> {
  const prints = await Promise.all([...new Set(files)].map(async path => [path, await figuresOf(path, now)] as const))
  return JSON.stringify(prints)
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
