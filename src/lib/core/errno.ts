/** The system's name of an error (`ENOENT`, `ECONNREFUSED`), for errors that carry one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** True where the disk or a quota is full: the same write works once space is freed. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')
