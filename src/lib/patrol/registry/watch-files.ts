import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context } from '../../core/context.ts'
import type { ServeOptions } from '../options.ts'
import { filesOf } from './read-checks.ts'

/** Between two looks at the files, milliseconds. Asked again and again, since network file systems tell nobody of changes. */
const everyMs = 2000

/** Calls when files of checks came, changed or went, once they are the same for two looks: nobody writes them any more then. */
export function watchFiles(context: Context, options: Pick<ServeOptions, 'file'>, onChange: () => void): Disposable {
  let cancel = (): void => {}
  let isOver = false
  let known: string | undefined
  let last: string | undefined
  const look = async (): Promise<void> => {
    const now = await fingerprint(context, options)
    known ??= now
    if (now !== known && now === last) {
      known = now
      onChange()
    }
    last = now
    if (!isOver) cancel = context.clock.timer(everyMs, () => void look(), { background: true })
  }
  void look()
  return {
    [Symbol.dispose]() {
      isOver = true
      cancel()
    },
  }
}

/** Of what stands in the directories now. */
async function fingerprint(context: Context, options: Pick<ServeOptions, 'file'>): Promise<string> {
  try {
    const files = await filesOf(context, options)
    const seen = await Promise.all(
      files.map(async path => {
        const found = await stat(resolve(context.paths.cwd, path)).catch(() => undefined)
        return [path, found?.ino, found?.size, found?.mtimeMs]
      }),
    )
    return JSON.stringify(seen)
  } catch {
    return 'unreadable'
  }
}
