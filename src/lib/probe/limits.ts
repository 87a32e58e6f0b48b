import { z } from 'zod'
import type { CheckResult } from '../core/check.ts'
import { OpsError } from '../core/errors.ts'
import { parsedBy } from '../core/fields.ts'
import { formatSize, parseSize } from '../core/size.ts'

/** Where a figure begins to be a warning, and a failure. */
export interface Limits<Limit = number> {
  readonly warn?: Limit | undefined
  readonly fail?: Limit | undefined
}

/** Those that were given; the usual ones only when none was. */
export const limitsOr = <Limit>({ warn, fail }: Limits<Limit>, usual: Limits<Limit>): Limits<Limit> =>
  warn === undefined && fail === undefined ? usual : { warn, fail }

/** The worst limit that is passed. */
export function passedLimit<Limit>(
  { warn, fail }: Limits<Limit>,
  isPassed: (limit: Limit) => boolean,
): { readonly verdict: 'warn' | 'fail'; readonly limit: Limit } | undefined {
  if (fail !== undefined && isPassed(fail)) return { verdict: 'fail', limit: fail }
  if (warn !== undefined && isPassed(warn)) return { verdict: 'warn', limit: warn }
  return undefined
}

/** Judges one figure that should not be above its limits. */
export function judgeFigure(
  value: number,
  { limits, message, unit = '' }: { readonly limits: Limits; readonly message: string; readonly unit?: string },
): Pick<CheckResult, 'verdict' | 'message' | 'reason'> {
  const passed = passedLimit(limits, limit => value > limit)
  if (passed === undefined) return { verdict: 'pass', message }
  return { verdict: passed.verdict, reason: 'threshold', message: `${message}, more than ${rounded(passed.limit)}${unit}` }
}

/** So much of something is used, or so little of it is left. */
export type SpaceLimit = { readonly percent: number } | { readonly bytes: number }

/** How much of something is there and left. */
export interface Space {
  readonly usedPercent: number
  readonly freeBytes: number
}

/** Judges what is left of something. `say` begins the message, given a share in words: `/var is 80 % used`. */
export function judgeSpace(
  { usedPercent, freeBytes }: Space,
  { limits, say }: { readonly limits: Limits<SpaceLimit>; readonly say: (share: string) => string },
): Pick<CheckResult, 'verdict' | 'message' | 'reason'> {
  const message = `${say(`${rounded(usedPercent)} %`)} used, ${formatSize(freeBytes)} left`
  const passed = passedLimit(limits, limit => ('percent' in limit ? usedPercent > limit.percent : freeBytes < limit.bytes))
  if (passed === undefined) return { verdict: 'pass', message }
  const { verdict, limit } = passed
  const beyond = 'percent' in limit ? `more than ${limit.percent} %` : `less than ${formatSize(limit.bytes)}`
  return { verdict, reason: 'threshold', message: `${message}: ${beyond}` }
}

/** One digit after the point, if it says anything. */
export const rounded = (value: number): string => value.toFixed(1).replace(/\.0$/, '')

export const percentField = () => z.string().transform(parsedBy(parsePercent))

/** `90%` is so much used, `2GiB` is so much left. */
export const spaceField = () =>
  z.string().transform(
    parsedBy((text): SpaceLimit => {
      if (/^[\d.\s]+%$/.test(text)) return { percent: parsePercent(text) }
      try {
        return { bytes: parseSize(text) }
      } catch {
        throw new OpsError('E_USAGE', `'${text}' is neither a share nor a size`, {
          hint: 'write 90% for what is used, 2GiB for what is left',
        })
      }
    }),
  )

/** Keys of checks that judge by used space. */
export const spaceLimits = {
  warn: spaceField()
    .optional()
    .describe('a warning when more than such a share (90%) is used, or less than a size (2GiB) is left'),
  fail: spaceField()
    .optional()
    .describe('a failure when more than such a share (95%) is used, or less than a size (500MiB) is left'),
}

/** Keys of checks that judge by a share. */
export const percentLimits = {
  warn: percentField().optional().describe('more than this share is a warning: 80%'),
  fail: percentField().optional().describe('more than this share is a failure: 95%'),
}

function parsePercent(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? []
  const percent = Number(digits)
  if (digits === undefined || percent > 100) {
    throw new OpsError('E_USAGE', `'${text}' is not a share in percent`, { hint: 'write 80% or 99.5%' })
  }
  return percent
}
