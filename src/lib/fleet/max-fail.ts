import { OpsError } from '../core/errors.ts'

export type MaxFail = { readonly count: number } | { readonly percent: number }

/** @throws OpsError E_USAGE */
export function parseMaxFail(text: string): MaxFail {
  const [, figure, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? []
  const value = Number(figure)
  if (figure === undefined || (sign === '%' ? value > 100 : !Number.isInteger(value))) {
    throw new OpsError('E_USAGE', `'${text}' is neither a number of hosts nor a share`, { hint: 'write 3 or 5%' })
  }
  return sign === '%' ? { percent: value } : { count: value }
}

/** How many hosts may fail before no further one is started: counted over all targets, strictly more stops. */
export function maxFailures(limit: MaxFail | undefined, total: number): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY
  return 'count' in limit ? limit.count : Math.floor((limit.percent * total) / 100)
}
