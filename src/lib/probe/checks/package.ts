import { z } from 'zod'
import type { Reading } from '../../core/check.ts'
import { notThere } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
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

/** Prints the manager, then a version a line. dpkg and apk keep their packages where no other manager can be meant. */
const look = (name: string): Reading => ({
  does: `look at the package ${name}`,
  script:
    'if [ -s /lib/apk/db/installed ]; then echo apk; grep -F -x -A 1 -- "P:$1" /lib/apk/db/installed; [ $? -le 1 ]; ' +
    'elif [ -s /var/lib/dpkg/status ] && command -v dpkg-query >/dev/null; then echo dpkg; dpkg-query -W -f "\\${db:Status-Abbrev} \\${Version}\\n" -- "$1" 2>/dev/null; [ $? -le 1 ]; ' +
    'elif command -v rpm >/dev/null; then echo rpm; found=$(limit 10 rpm -q --qf "%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n" -- "$1"); code=$?; ' +
    'if [ $code = 0 ]; then echo "$found"; else [ $code -lt 124 ]; fi; ' +
    `else exit ${notThere}; fi`,
  args: [name],
})

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
  dpkg: { versions: lines => unique(lines.flatMap(line => /^.i.? +(\S+)$/.exec(line)?.[1] ?? [])), order: debianOrder },
  rpm: { versions: lines => unique(lines.flatMap(line => /^(?:0:)?(\S+)$/.exec(line)?.[1] ?? [])), order: rpmOrder },
  apk: { versions: lines => unique(lines.flatMap(line => /^V:(\S+)$/.exec(line)?.[1] ?? [])), order: apkOrder },
}

function nobody(name: string): never {
  throw new Unseen(`could not look at the package ${name}: the host answered something else`)
}
