import { z } from 'zod'
import type { CheckResult, Found, Reading } from '../../core/check.ts'
import { modeField, ownerField } from '../../core/host-fields.ts'
import { digestFunction } from '../../transport/host-script.ts'
import { notThere } from '../file-reading.ts'
import { bytesIn, defineHostCheck, seenIn, textIn } from '../host-check.ts'
import { statReading } from '../stat-reading.ts'
import { Unseen } from './look.ts'

const Params = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/[^\0\n]*$/, 'is not an absolute path, such as /etc/motd')
      .describe('absolute path on the host; links are followed'),
    exists: z.boolean().default(true),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'is not a SHA-256 in hex')
      .optional(),
    mode: modeField().optional(),
    owner: ownerField().optional(),
    contains: z.string().min(1).optional().describe('a text that must be in it; of files up to 8 MiB'),
  })
  .refine(
    ({ exists, sha256, mode, owner, contains }) => exists || [sha256, mode, owner, contains].every(wish => wish === undefined),
    {
      error: 'has wishes for a file that must not exist',
    },
  )
type Params = z.output<typeof Params>

const maxBytes = 8 * 1024 ** 2

/** A file, a directory or anything else with a name. What may not be looked at gives no verdict. */
export default defineHostCheck({
  type: 'file',
  summary: 'file that must exist or not, with a hash, mode, owner or text',
  example: { path: '/etc/hosts', contains: 'localhost' },
  params: Params,
  title: ({ path, exists }) => (exists ? `${path} is as expected` : `${path} does not exist`),
  readings: ({ path, sha256, mode, owner, contains }) => [
    presence(path),
    ...(mode !== undefined || owner !== undefined ? [status(path)] : []),
    ...(sha256 !== undefined ? [hash(path)] : []),
    ...(contains !== undefined ? [content(path)] : []),
  ],
  judge(params, found) {
    const { path, exists } = params
    if (seenIn(found, presence(path)) === undefined) {
      const message = `${path} does not exist`
      return exists ? { verdict: 'fail', reason: 'missing', message } : { verdict: 'pass', message }
    }
    if (!exists) return { verdict: 'fail', reason: 'state', message: `${path} exists` }
    return verdictOf(params, found)
  },
})

// Each of these may lie on a lost file server.

const presence = (path: string): Reading => ({
  does: `look for ${path}`,
  script:
    'if [ -e "$1" ] || [ -h "$1" ]; then return 0; fi; above=${1%/*}; until [ -e "${above:-/}" ]; do above=${above%/*}; done; ' +
    `if [ -x "\${above:-/}" ] || [ -f "\${above:-/}" ]; then return ${notThere}; fi; said="\${above:-/}: permission denied"; return 1`,
  args: [path],
  inline: true,
  mayHang: true,
})

const status = (path: string): Reading => statReading(path, { does: `look at ${path}`, option: '-L', format: '%a/%u/%g/%U/%G' })

const hash = (path: string): Reading => ({
  does: `read ${path}`,
  script: `${digestFunction} digest "$1"`,
  args: [path],
  mayHang: true,
})

/** One byte more than is looked at tells that there are more. */
const content = (path: string): Reading => ({
  does: `search ${path}`,
  script: '[ -f "$1" ] || { echo "it is no plain file" >&2; exit 1; }; head -c "$2" <"$1"',
  args: [path, String(maxBytes + 1)],
  mayHang: true,
})

function verdictOf(params: Params, found: Found): CheckResult {
  const { path, sha256, mode, owner, contains } = params
  const fail = (message: string, reason: 'state' | 'content' = 'state'): CheckResult => ({
    verdict: 'fail',
    reason,
    message: `${path} ${message}`,
  })
  if (sha256 !== undefined) {
    const sum = textIn(found, hash(path)).slice(0, 64)
    if (sum !== sha256.toLowerCase()) return fail(`has the SHA-256 ${sum}`, 'content')
  }
  if (mode !== undefined || owner !== undefined) {
    const [isMode = '', uid = '', gid = '', user = '', group = ''] = textIn(found, status(path)).trim().split('/')
    if (mode !== undefined && Number.parseInt(isMode, 8) !== Number.parseInt(mode, 8))
      return fail(`has the mode ${isMode.padStart(4, '0')}`)
    const [wantUser = '', wantGroup = ''] = owner?.split(':') ?? []
    if ((wantUser && ![user, uid].includes(wantUser)) || (wantGroup && ![group, gid].includes(wantGroup)))
      return fail(`belongs to ${user}:${group}`)
  }
  if (contains !== undefined) {
    const text = bytesIn(found, content(path))
    if (text.length > maxBytes) throw new Unseen(`${path} has more than ${maxBytes} bytes, too many to be searched`)
    if (!text.includes(contains)) return fail(`does not contain '${contains}'`, 'content')
  }
  return { verdict: 'pass', message: `${path} is as expected` }
}
