import { matchPattern, matchPatternList } from '../../core/ssh-pattern.ts'

/**
 * The algorithms that a name list of ssh_config stands for, as kex_assemble_names() of OpenSSH reads it: `+` adds to the defaults, `-` takes
 * away, `^` puts in front, anything else replaces them. Names that are not supported here are dropped: an empty result means that none is left.
 */
export function assembleAlgorithms(
  written: string | undefined,
  known: { readonly defaults: readonly string[]; readonly supported: readonly string[] },
): string[] {
  const { defaults, supported } = known
  if (written === undefined || written === '') return [...defaults]
  const names = written.slice(1)
  switch (written[0]) {
    case '-':
      return defaults.filter(name => matchPatternList(name, names) !== 'match')
    case '+':
      return named([...defaults, ...names.split(',')], supported)
    case '^':
      return named([...names.split(','), ...defaults], supported)
    default:
      return named(written.split(','), supported)
  }
}

/** Names and patterns as supported names, each once, in order. */
function named(patterns: readonly string[], supported: readonly string[]): string[] {
  return [...new Set(patterns.flatMap(pattern => supported.filter(name => matchPattern(name, pattern))))]
}
