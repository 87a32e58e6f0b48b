import { OpsError } from './errors.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * Milliseconds of a duration as people write it: `250ms`, `5s`, `1m30s`, `2h`, `1d`; a bare number is seconds; `0` is none.
 * @throws OpsError E_USAGE for anything else, negative values included.
 */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g)]
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== text) {
    throw new OpsError('E_USAGE', `'${text}' is not a duration`, { hint: 'write 500ms, 5s, 1m30s, 2h or 1d' })
  }
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0))
}

/** A duration for people: two units at most, `950ms`, `2.4s`, `1m30s`, `3h5m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')}s`
  const seconds = Math.round(ms / 1000)
  const pair = (big: number, small: number, bigUnit: string, smallUnit: string): string =>
    small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), seconds % 60, 'm', 's')
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), 'h', 'm')
  return pair(Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3600), 'd', 'h')
}
