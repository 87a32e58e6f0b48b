import { z } from 'zod'
import type { Reading } from '../core/check.ts'
import { notThere } from './file-reading.ts'
import { ownLines } from './own-lines.ts'

/** A name of a user or group, never a number. */
export const nameField = (what: 'user' | 'group') =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/, `is not the name of a ${what}`)

type Database = 'passwd' | 'group'

/**
 * Prints what the host knows of a name, as a line of that file; the directory is asked only for what its own files do not have. One grep
 * looks for all names in both files, and finds more than those lines.
 */
export const accountReading = (database: Database, name: string): Reading => ({
  does: `look at the ${database === 'passwd' ? 'user' : 'group'} ${name}`,
  script: [
    'lines() { for each do set -- "$@" -e "${each#*:}:"; shift; done; LC_ALL=C; export LC_ALL; exec grep -F -H "$@" /etc/passwd /etc/group 3>&-; };',
    'answers=$(lines "$@" 2>/dev/null); printf "%s\\n" "$answers";',
    'for each do base=${each%%:*}; name=${each#*:}; case $nl$answers in *"$nl/etc/$each:"*) continue;; esac;',
    '[ -r "/etc/$base" ] || { printf "%s?1 %s\\n" "$each" "/etc/$base may not be read"; continue; };',
    `command -v getent >/dev/null || { printf "%s?${notThere}\\n" "$each"; continue; };`,
    'answer=$(limit 5 getent "$base" "$name" 2>/dev/null); case $? in 0) printf "%s=%s\\n" "$each" "$answer";;',
    `2) printf "%s?${notThere}\\n" "$each";; *) printf "%s?1 %s\\n" "$each" "no answer of the directory";; esac; done`,
  ].join(' '),
  args: [`${database}:${name}`],
  inline: true,
  own(all) {
    const line = all.stdout
      .toString()
      .split('\n')
      .find(each => each.startsWith(`/etc/${database}:${name}:`))
    if (line === undefined) return ownLines(all, `${database}:${name}`)
    return { ...all, code: 0, stdout: Buffer.from(`${line.slice(`/etc/${database}:`.length)}\n`) }
  },
})
