import { z } from 'zod'
import type { CheckResult, Reading } from '../../core/check.ts'
import { modeField, ownerField } from '../../core/host-fields.ts'
import { absentFunction, digestFunction, splitFields } from '../../transport/host-script.ts'
import { bytesIn, defineHostCheck } from '../host-check.ts'
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
  readings: params => [look(params)],
  judge(params, found) {
    const { path, exists } = params
    const reading = look(params)
    const printed = splitFields(bytesIn(found, reading), 2)
    if (printed === undefined) throw new Unseen(`could not ${reading.does}: the host answered something else`)
    const [meta = '', sum = ''] = printed.fields
    const absent = `${path} does not exist`
    if (meta === '')
      return exists ? { verdict: 'fail', reason: 'missing', message: absent } : { verdict: 'pass', message: absent }
    if (!exists) return { verdict: 'fail', reason: 'state', message: `${path} exists` }
    return verdictOf(params, { meta, sum: sum.slice(0, 64), content: printed.rest })
  },
})

const look = ({ path, sha256, contains }: Params): Reading => ({
  does: `look at ${path}`,
  script: [
    absentFunction,
    digestFunction,
    'sum=; if absent "$1"; then meta=; else meta=$(stat -L -c %a/%u/%g/%U/%G/%s -- "$1") || exit 1;',
    'if [ -n "$2" ]; then sum=$(digest "$1") || exit 1; fi; fi; printf "%s\\0" "$meta" "$sum";',
    'if [ -n "$meta" ] && [ -n "$3" ] && [ "${meta##*/}" -le "$3" ]; then cat <"$1"; fi',
  ].join(' '),
  args: [path, sha256 ? 'sum' : '', contains ? String(maxBytes) : ''],
})

function verdictOf(params: Params, { meta, sum, content }: { meta: string; sum: string; content: Buffer }): CheckResult {
  const { path, sha256, mode, owner, contains } = params
  const [isMode = '', uid = '', gid = '', user = '', group = '', size = ''] = meta.split('/')
  const fail = (message: string, reason: 'state' | 'content' = 'state'): CheckResult => ({
    verdict: 'fail',
    reason,
    message: `${path} ${message}`,
  })
  if (sha256 !== undefined && sum !== sha256.toLowerCase()) return fail(`has the SHA-256 ${sum}`, 'content')
  if (mode !== undefined && Number.parseInt(isMode, 8) !== Number.parseInt(mode, 8))
    return fail(`has the mode ${isMode.padStart(4, '0')}`)
  const [wantUser = '', wantGroup = ''] = owner?.split(':') ?? []
  if ((wantUser && ![user, uid].includes(wantUser)) || (wantGroup && ![group, gid].includes(wantGroup))) {
    return fail(`belongs to ${user}:${group}`)
  }
  if (contains !== undefined) {
    if (Number(size) > maxBytes) throw new Unseen(`${path} has ${size} bytes, too many to be searched`)
    if (!content.includes(contains)) return fail(`does not contain '${contains}'`, 'content')
  }
  return { verdict: 'pass', message: `${path} is as expected` }
}
