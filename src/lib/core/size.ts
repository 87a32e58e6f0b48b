import { OpsError } from './errors.ts'

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1024,
  KB: 1000,
  KIB: 1024,
  M: 1024 ** 2,
  MB: 1000 ** 2,
  MIB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1000 ** 3,
  GIB: 1024 ** 3,
}

/**
 * Bytes of a size as people write it: `4096`, `64K`, `64MiB`, `1GB` (powers of 1000 with B alone, of 1024 otherwise).
 * @throws OpsError E_USAGE for anything else.
 */
export function parseSize(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? []
  const factor = units[unit?.toUpperCase() ?? '?']
  if (count === undefined || factor === undefined) {
    throw new OpsError('E_USAGE', `'${text}' is not a size`, { hint: 'write 4096, 64K, 64MiB or 1GB' })
  }
  return Math.round(Number(count) * factor)
}

/** A size for people: `512 B`, `64 KiB`, `1.5 GiB`. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(1).replace(/\.0$/, '')} ${unit}`
  }
  return `${bytes} B`
}
