import { z } from 'zod'
import type { Reading } from '../../core/check.ts'
import { notThere } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { ownLines } from '../own-lines.ts'
import { apkOrder, debianOrder, rpmOrder, type VersionOrder } from '../version-order.ts'
import { fulfils, versionWishField } from '../version-wish.ts'
import { Unseen } from './look.ts'

const Params = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9+._:-]*$/, 'is not the name of a package, such as nginx'),
    installed: z.boolean().default(true),
    version: versionWishField()
      .optional()
      .describe("1.18, '>= 1.18' or '>= 1.18, < 2'; what it does not have, such as a revision, does not count"),
  })
  .refine(({ installed, version }) => installed || version === undefined, {
    error: 'has a version for a package that must not be there',
  })

/**
 * Prints the manager, then a version a line. dpkg and apk keep their packages where no other manager can be meant, in paragraphs: one
 * grep finds all. dpkg itself, which reads its whole list, is asked where it is at work, and for those of a named architecture.
 */
const look = (name: string): Reading => ({
  does: `look at the package ${name}`,
  script: [
    'paragraphs() { for each do set -- "$@" -e "$head$each"; shift; done; LC_ALL=C; export LC_ALL; exec grep -F -x -A 20 "$@" "$list" 3>&-; };',
    'list=; if [ -s /lib/apk/db/installed ]; then manager=apk; list=/lib/apk/db/installed; head=P:;',
    'elif [ -s /var/lib/dpkg/status ] && command -v dpkg-query >/dev/null; then manager=dpkg; list=/var/lib/dpkg/status; head="Package: ";',
    'for update in /var/lib/dpkg/updates/*; do if [ -e "$update" ]; then list=; fi; done;',
    `elif command -v rpm >/dev/null; then manager=rpm; else return ${notThere}; fi;`,
    'echo $manager; if [ -n "$list" ]; then said=$(paragraphs "$@" 2>&1 >&3); [ $? -le 1 ] || return 2; fi;',
    'for each do case $manager,$list,$each in',
    'rpm,*) answer=$(limit 10 rpm -q --qf "$each=%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n" -- "$each"); status=$?;',
    'if [ $status = 0 ]; then printf "%s\\n" "$answer"; elif [ $status -lt 124 ]; then echo "$each="; else echo "$each?$status"; fi;;',
    'dpkg,,*|dpkg,*:*) answer=$(dpkg-query -W -f "$each=\\${db:Status-Abbrev} \\${Version}\\n" -- "$each" 2>/dev/null); status=$?;',
    'if [ $status = 0 ]; then printf "%s\\n" "$answer"; elif [ $status = 1 ]; then echo "$each="; else echo "$each?$status"; fi;; esac; done',
  ].join(' '),
  args: [name],
  inline: true,
  own(all) {
    const [manager = '', ...lines] = all.stdout.toString().split('\n')
    const asked = lines.some(line => line.startsWith(`${name}=`) || line.startsWith(`${name}?`))
    const own = asked ? ownLines(all, name) : { ...all, stdout: Buffer.from(versionsOf(name, lines)) }
    return own.code === 0 ? { ...own, stdout: Buffer.from(`${manager}\n${own.stdout}`) } : own
  },
})

/** Of paragraphs like those of /var/lib/dpkg/status and /lib/apk/db/installed, `STATUS VERSION` for each of this package. */
function versionsOf(name: string, lines: readonly string[]): string {
  const starts = lines.flatMap((line, index) => (line === `Package: ${name}` || line === `P:${name}` ? index : []))
  const versions = starts.map(start => {
    const end = lines.findIndex((line, index) => index > start && (line === '' || line === '--'))
    const paragraph = lines.slice(start, end)
    const field = (pattern: RegExp): string | undefined => paragraph.flatMap(line => pattern.exec(line)?.[1] ?? [])[0]
    const version = field(/^(?:Version: |V:)(\S+)$/)
    return version === undefined ? '' : `${field(/^Status: .* (\S+)$/) ?? 'installed'} ${version}\n`
  })
  return versions.join('')
}

/** A package of dpkg, rpm or apk. */
export default defineHostCheck({
  type: 'package',
  summary: 'package that must be installed or not, in a version',
  example: { name: 'bash', version: '>= 4' },
  params: Params,
  title: ({ name, installed }) => `${name} is ${installed ? '' : 'not '}installed`,
  readings: ({ name }) => [look(name)],
  judge({ name, installed, version }, found) {
    const reading = look(name)
    if (found(reading).code === notThere) throw new Unseen(`could not ${reading.does}: there is neither dpkg nor rpm nor apk`)
    const [manager = '', ...lines] = textIn(found, reading).split('\n')
    const { versions: read, order } = (Object.hasOwn(managers, manager) ? managers[manager] : undefined) ?? nobody(name)
    const versions = read(lines)
    if (versions.length === 0) {
      const message = `${name} is not installed`
      return installed ? { verdict: 'fail', reason: 'missing', message } : { verdict: 'pass', message }
    }
    const message = `${name} ${versions.join(', ')} is installed`
    if (!installed) return { verdict: 'fail', reason: 'state', message }
    // Several versions of a kernel are there at the same time.
    if (version && !versions.some(one => fulfils(one, version, order))) {
      return { verdict: 'fail', reason: 'state', message: `${message}, not ${version.text}` }
    }
    return { verdict: 'pass', message }
  },
})

interface Manager {
  versions(lines: readonly string[]): string[]
  readonly order: VersionOrder
}

const unique = (versions: readonly string[]): string[] => [...new Set(versions)]

const managers: Readonly<Record<string, Manager>> = {
  dpkg: {
    versions: lines => unique(lines.flatMap(line => /^(?:.i.?|installed) +(\S+)$/.exec(line)?.[1] ?? [])),
    order: debianOrder,
  },
  rpm: { versions: lines => unique(lines.flatMap(line => /^(?:0:)?(\S+)$/.exec(line)?.[1] ?? [])), order: rpmOrder },
  apk: { versions: lines => unique(lines.flatMap(line => /^installed (\S+)$/.exec(line)?.[1] ?? [])), order: apkOrder },
}

function nobody(name: string): never {
  throw new Unseen(`could not look at the package ${name}: the host answered something else`)
}
