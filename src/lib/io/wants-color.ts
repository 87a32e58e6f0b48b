/** What decides about colour on one stream; stdout and stderr are asked apart. */
export interface ColorSituation {
  readonly isTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of --color. */
  readonly flag: 'always' | 'never' | 'auto'
}

/**
 * --color wins, then NO_COLOR (no-color.org: off when set and not empty), then FORCE_COLOR (on; off with 0 or false), then a dumb
 * terminal, and at last whether the stream is a terminal at all. CI systems have none, so they get no colour unless they ask.
 */
export function wantsColor({ isTerminal, env, flag }: ColorSituation): boolean {
  if (flag !== 'auto') return flag === 'always'
  if (env['NO_COLOR']) return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return isTerminal && env['TERM'] !== 'dumb'
}
