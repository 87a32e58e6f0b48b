export type ColorFlag = 'auto' | 'always' | 'never'

export interface ColorQuestion {
  readonly isTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flag: ColorFlag
}

/**
 * Whether a stream shows colour: the flag first, then NO_COLOR (https://no-color.org), FORCE_COLOR, TERM=dumb, and at last whether
 * it is a terminal.
 */
export function wantsColor({ isTerminal, env, flag }: ColorQuestion): boolean {
  if (flag !== 'auto') return flag === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0'
  return isTerminal && env.TERM !== 'dumb'
}
