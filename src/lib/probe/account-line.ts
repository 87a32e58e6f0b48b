import { z } from 'zod'
import { notThere } from './file-reading.ts'

/** A name of a user or group, never a number. */
export const nameField = (what: 'user' | 'group') =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/, `is not the name of a ${what}`)

/** Shell: puts what the host knows of the name $1 into $line, of a directory only what its own files do not have; ends when nobody knows it. */
export const accountLine = (database: 'passwd' | 'group'): string =>
  `line=; while IFS= read -r each || [ -n "$each" ]; do case $each in "$1":*) line=$each; break;; esac; done </etc/${database} || exit 1; ` +
  `if [ -z "$line" ]; then command -v getent >/dev/null || exit ${notThere}; line=$(limit 5 getent ${database} "$1"); code=$?; ` +
  `if [ $code = 2 ]; then exit ${notThere}; fi; [ $code = 0 ] || { echo "no answer of the directory" >&2; exit $code; }; fi;`
