import { z } from 'zod'
import type { CheckResult } from '../../core/check.ts'
import { formatSize } from '../../core/size.ts'
import { type FileSystem, fileSystemReadings, fileSystemsIn } from '../file-systems.ts'
import { fillOf } from '../fullest.ts'
import { defineHostCheck } from '../host-check.ts'
import { judgeSpace, limitsOr, rounded, spaceLimits } from '../limits.ts'

const Params = z.strictObject({
  path: z
    .string()
    .regex(/^\/[^\0\n]*$/, 'is not an absolute path, such as /var')
    .optional()
    .describe('the file system that holds this path; every one that can be written to when absent'),
  ...spaceLimits,
})

/** Space on file systems, in the share that df shows. Without a path: all but those of containers, sessions and the kernel. */
export default defineHostCheck({
  type: 'disk',
  summary: 'space that is left on file systems',
  example: { path: '/', warn: '90%', fail: '1GiB' },
  params: Params,
  title: ({ path }) => (path === undefined ? 'file systems have space' : `${path} has space`),
  readings: ({ path }) => fileSystemReadings(path),
  judge(params, found) {
    const seen = fileSystemsIn(found, params.path)
    if (!seen) return { verdict: 'fail', reason: 'missing', message: `${params.path} does not exist` }
    const limits = limitsOr(params, { warn: { percent: 90 }, fail: { percent: 95 } })
    return fillOf(seen, {
      fill: ({ usedPercent }) => usedPercent,
      judge: ({ point, usedPercent, availableBytes }) =>
        judgeSpace({ usedPercent, freeBytes: availableBytes }, { limits, say: share => `${point} is ${share}` }),
      metrics,
      line,
    })
  },
})

const metrics = ({ usedPercent, availableBytes, totalBytes }: FileSystem): NonNullable<CheckResult['metrics']> => ({
  used_percent: usedPercent,
  free_bytes: availableBytes,
  total_bytes: totalBytes,
})

const line = ({ point, type, usedPercent, availableBytes, totalBytes }: FileSystem): string =>
  `${point}${type ? ` (${type})` : ''}: ${rounded(usedPercent)} % used, ${formatSize(availableBytes)} of ${formatSize(totalBytes)} left`
