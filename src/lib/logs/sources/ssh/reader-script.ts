import { hostScript } from '../../../transport/host-script.ts'

/**
 * What reads on a host: one process of sh for each connection that takes requests on stdin, a line for each word, and answers on stdout,
 * every answer ended by NUL, the word $1 and a newline. Nothing is written there, and it ends with its stdin.
 *
 * - `list`, patterns, an empty line: `DEVICE INODE SIZE PATH` of every file that fits, a line each. With IFS empty a pattern is expanded, and not
 *   split into words.
 * - `read`, path, number of the first byte from 1, count of bytes: `DEVICE INODE SIZE` on a line, then the bytes. The file is opened once, so that
 *   both are of the same file, whatever its name means by then; nothing at all when it can not be opened.
 */
export const readerScript = hostScript(
  'read files',
  'IFS=; end=$1;',
  'while read -r op; do case $op in',
  'list) set --;',
  'while read -r glob; do if [ -z "$glob" ]; then break; fi;',
  'for file in $glob; do if [ -f "$file" ]; then set -- "$@" "$file"; fi; done; done;',
  'if [ $# -gt 0 ]; then stat -L -c "%d %i %s %n" -- "$@" 2>/dev/null; fi;;',
  'read) read -r path; read -r first; read -r count;',
  '{ stat -L -c "%d %i %s" /proc/self/fd/3 && tail -c "+$first" <&3 | head -c "$count"; } 3<"$path" 2>/dev/null;;',
  'esac; printf "\\0%s\\n" "$end"; done',
)
