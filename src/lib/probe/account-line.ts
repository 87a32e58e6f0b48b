import { z } from 'zod'
import { notThere } from './host-check.ts'

/** A name of a user or group, never a number. */
export const nameField = (what: 'user' | 'group') =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/, `is not the name of a ${what}`)

/** Shell: puts what the host knows of the name $1 into $line, also of a directory where it has getent; ends when it knows nothing. */
export const accountLine = (database: 'passwd' | 'group'): string =>
  `if command -v getent >/dev/null; then line=$(limit 5 getent ${database} "$1"); code=$?; if [ $code = 2 ]; then exit ${notThere}; fi; ` +
  '[ $code = 0 ] || { echo "no answer of the directory" >&2; exit $code; }; ' +
  `else line=; while IFS= read -r each || [ -n "$each" ]; do case $each in "$1":*) line=$each; break;; esac; done </etc/${database} || exit 1; ` +
  `if [ -z "$line" ]; then exit ${notThere}; fi; fi;`
