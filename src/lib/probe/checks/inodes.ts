import { z } from 'zod'
import type { CheckResult } from '../../core/check.ts'
import { type FileSystem, fileSystemReadings, fileSystemsIn } from '../file-systems.ts'
import { fillOf } from '../fullest.ts'
import { defineHostCheck } from '../host-check.ts'
import { judgeFigure, limitsOr, percentLimits, rounded } from '../limits.ts'

const Params = z.strictObject({
  path: z
    .string()
    .regex(/^\/[^\0\n]*$/, 'is not an absolute path, such as /var')
    .optional()
    .describe('the file system that holds this path; every one that can be written to when absent'),
  ...percentLimits,
})

/** Inodes, without which no file can be made. File systems that make them as they need them are left out. */
export default defineHostCheck({
  type: 'inodes',
  summary: 'inodes that are left on file systems',
  example: { path: '/', warn: '90%' },
  params: Params,
  title: ({ path }) => (path === undefined ? 'file systems have inodes' : `${path} has inodes`),
  readings: ({ path }) => fileSystemReadings(path),
  judge(params, found) {
    const seen = fileSystemsIn(found, params.path)
    if (!seen) return { verdict: 'fail', reason: 'missing', message: `${params.path} does not exist` }
    const counted = seen.all.filter(({ inodes }) => inodes > 0)
    if (counted.length === 0 && seen.silent.length === 0)
      return { verdict: 'na', message: 'the file system has no fixed number of inodes' }
    const limits = limitsOr(params, { warn: 90, fail: 95 })
    return fillOf(
      { all: counted, silent: seen.silent },
      { fill: usedInodes, judge: one => judgeFigure(usedInodes(one), { limits, message: line(one), unit: ' %' }), metrics, line },
    )
  },
})

const usedInodes = ({ inodes, freeInodes }: FileSystem): number => (100 * (inodes - freeInodes)) / inodes

const metrics = (one: FileSystem): NonNullable<CheckResult['metrics']> => ({
  used_percent: usedInodes(one),
  free_inodes: one.freeInodes,
  total_inodes: one.inodes,
})

const line = (one: FileSystem): string =>
  `${one.point} has ${rounded(usedInodes(one))} % of its inodes used, ${one.freeInodes} left`
