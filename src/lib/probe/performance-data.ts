/** What each unit of a plugin is in our own, and how many of ours it is. */
const units: Readonly<Record<string, readonly [suffix: string, factor: number]>> = {
  s: ['_seconds', 1],
  ms: ['_seconds', 1e-3],
  us: ['_seconds', 1e-6],
  ns: ['_seconds', 1e-9],
  '%': ['_percent', 1],
  b: ['_bytes', 1],
  kb: ['_bytes', 1e3],
  mb: ['_bytes', 1e6],
  gb: ['_bytes', 1e9],
  tb: ['_bytes', 1e12],
  kib: ['_bytes', 1024],
  mib: ['_bytes', 1024 ** 2],
  gib: ['_bytes', 1024 ** 3],
  tib: ['_bytes', 1024 ** 4],
  c: ['_total', 1],
}

/** `'label'=value[UOM];…`: a quote within a label is doubled. */
const figure =
  /\s*(?:'((?:[^']|'')*)'|([^\s='][^\s=]*))=([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|U)([a-z%]*)((?:;[^\s;]*)*)(?=\s|$)/iy

/**
 * The figures behind the bar of a plugin's output, by label with our unit at the end (monitoring-plugins.org/doc/guidelines.html,
 * section 2.6). `U` is a value that could not be had, and is left out; what is no performance data ends it.
 */
export function performanceData(text: string): Record<string, number> {
  const metrics: Record<string, number> = {}
  figure.lastIndex = 0
  for (let found = figure.exec(text); found; found = figure.exec(text)) {
    const [, quoted, plain, value = 'U', unit = ''] = found
    const label = quoted?.replaceAll("''", "'") ?? plain ?? ''
    const [suffix, factor] = units[unit.toLowerCase()] ?? [unit === '' ? '' : `_${unit.toLowerCase()}`, 1]
    if (value.toUpperCase() !== 'U') metrics[`${label}${suffix}`] = Number(value) * factor
  }
  return metrics
}
