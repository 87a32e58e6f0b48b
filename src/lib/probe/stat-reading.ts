import type { Reading } from '../core/check.ts'
import { notThere } from './file-reading.ts'
import { ownLines } from './own-lines.ts'

interface Stat {
  /** What it does, for messages. */
  readonly does: string
  /** Of stat(1): `-L`, or `-f` for the file system that holds the path. */
  readonly option: '-L' | '-f'
  /** What is printed, as a line. */
  readonly format: string
}

/**
 * Asks for what stat(1) knows of a path without a line end, which may lie on a lost file server. One stat asks for all, in two seconds;
 * a path without an answer is then asked by itself, so that none spoils the others.
 */
export const statReading = (path: string, { does, option, format }: Stat): Reading => ({
  does,
  script: [
    `answers=$(limit 2 stat ${option} -c "%n=${format}" -- "$@" 2>/dev/null); hung=$?; printf "%s\\n" "$answers"; [ $hung -gt 0 ] || return 0;`,
    'for path do case $nl$answers in *"$nl$path="*) continue;; esac;',
    `if [ $hung -lt 124 ]; then [ -e "$path" ] || { printf "%s?${notThere}\\n" "$path"; continue; }; fi;`,
    `answer=$(limit 5 stat ${option} -c "${format}" -- "$path" 2>&1); hung=$?;`,
    'if [ $hung = 0 ]; then printf "%s=%s\\n" "$path" "$answer"; else printf "%s?%s %s\\n" "$path" $hung "${answer##*"$nl"}"; fi; done',
  ].join(' '),
  args: [path],
  inline: true,
  own: all => ownLines(all, path),
  mayHang: true,
})
