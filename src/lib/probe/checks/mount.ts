import { z } from 'zod'
import type { CheckResult } from '../../core/check.ts'
import { fileReading } from '../file-reading.ts'
import { defineHostCheck, textIn } from '../host-check.ts'
import { isReadOnly, type Mount, mountAt } from '../proc/mounts.ts'

const Params = z
  .strictObject({
    path: z
      .string()
      .regex(/^\/([^\0\n]*[^/\0\n])?$/, 'is not an absolute path without a / at its end, such as /srv')
      .describe('where it is mounted'),
    mounted: z.boolean().default(true),
    type: z.string().min(1).optional().describe('of the file system: xfs, nfs4'),
    source: z.string().min(1).optional().describe('the device or export: /dev/sdb1, nas1:/export'),
    options: z.array(z.string().min(1)).default([]).describe('that it must have: noexec, nosuid; ro, or it must be writable'),
  })
  .refine(
    ({ mounted, type, source, options }) => mounted || (type === undefined && source === undefined && options.length === 0),
    {
      error: 'has wishes for what must not be mounted',
    },
  )
type Params = z.output<typeof Params>

const map = fileReading('/proc/self/mountinfo')

/** Something that must be mounted, and writable unless told otherwise: a file system with errors is often mounted read-only anew. */
export default defineHostCheck({
  type: 'mount',
  summary: 'file system that must be mounted, from a source, with options, and writable',
  example: { path: '/proc', type: 'proc', options: ['rw'] },
  params: Params,
  title: ({ path, mounted }) => `${path} is ${mounted ? '' : 'not '}mounted`,
  readings: () => [map],
  judge(params, found) {
    const { path, mounted } = params
    const mount = mountAt(textIn(found, map), path)
    if (!mount) {
      const message = `nothing is mounted at ${path}`
      return mounted ? { verdict: 'fail', reason: 'missing', message } : { verdict: 'pass', message }
    }
    return mounted
      ? verdictOf(params, mount)
      : { verdict: 'fail', reason: 'state', message: `${mount.source} is mounted at ${path}` }
  },
})

function verdictOf({ path, type, source, options }: Params, mount: Mount): CheckResult {
  const lacking = options.filter(option => !mount.options.includes(option) && !(option === 'rw' && !isReadOnly(mount)))
  const wrong = [
    ...(type !== undefined && type !== mount.type ? [`is ${mount.type}, not ${type}`] : []),
    ...(source !== undefined && source !== mount.source ? [`comes from ${mount.source}`] : []),
    ...(isReadOnly(mount) && !options.includes('ro') ? ['is read-only'] : []),
    ...(lacking.length > 0 ? [`lacks ${lacking.join(', ')}`] : []),
  ]
  if (wrong.length > 0) return { verdict: 'fail', reason: 'state', message: `${path} ${wrong.join(', ')}` }
  return { verdict: 'pass', message: `${mount.source} (${mount.type}) is mounted at ${path}` }
}
