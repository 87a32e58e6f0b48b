import type { CommandEntry, FlagEntry } from '../core/command.ts'

/** True for flags that are followed by a value. */
export const takesValue = (flag: FlagEntry): boolean => flag.kind !== 'boolean' && flag.kind !== 'count'

/** The variable that sets a flag. */
export const variableOf = (flag: FlagEntry): string => `OPSCTL_${flag.long.replaceAll('-', '_').toUpperCase()}`

/** The flag a token names, with its long name, short name or negation. */
export function flagOf(token: string, flags: readonly FlagEntry[]): FlagEntry | undefined {
  if (token.startsWith('--')) {
    const name = token.slice(2).split('=', 1)[0] ?? ''
    return flags.find(flag => flag.long === name || (flag.kind === 'boolean' && `no-${flag.long}` === name))
  }
  return flags.find(flag => flag.short === token[1])
}

/** The flag whose value is the token after this one: of `-o`, `-qo`, `--output`, but not of `-ojson`, `--output=json`. */
export function flagBefore(token: string, flags: readonly FlagEntry[]): FlagEntry | undefined {
  if (token.startsWith('--')) {
    const flag = flagOf(token, flags)
    return flag !== undefined && takesValue(flag) && !token.includes('=') ? flag : undefined
  }
  const found = attached(token, flags)
  return found?.value === '' ? found.flag : undefined
}

/** The flag of a cluster of short ones that takes a value, and the value behind it: `json` of `-ojson`, none yet of `-qo`. */
export function attached(
  token: string,
  flags: readonly FlagEntry[],
): { readonly flag: FlagEntry; readonly value: string } | undefined {
  for (let at = 1; at < token.length; at++) {
    const flag = flags.find(candidate => candidate.short === token[at])
    if (flag !== undefined && takesValue(flag)) return { flag, value: token.slice(at + 1) }
  }
  return undefined
}

/** `-t, --targets SET` as it is printed everywhere. */
export function flagName(flag: FlagEntry): string {
  const short = flag.short ? `-${flag.short}, ` : '    '
  const negated = flag.kind === 'boolean' && flag.default === 'true' ? 'no-' : ''
  return `${short}--${negated}${flag.long}${takesValue(flag) ? ` ${flag.value ?? 'VALUE'}` : ''}`
}

/** What a flag or argument does, with its choices and default. */
export function flagText(flag: FlagEntry): string {
  const notes = [
    flag.choices && `one of ${flag.choices.join(', ')}`,
    flag.default && flag.kind !== 'boolean' && flag.default !== '0' && `default ${flag.default}`,
    flag.kind === 'list' && 'repeatable',
  ].filter(Boolean)
  return notes.length > 0 ? `${flag.description} (${notes.join('; ')})` : flag.description
}

/** `opsctl exec [flags] -- [COMMAND…]` */
export function usageLine(entry: CommandEntry): string {
  const args = entry.args.map(arg => {
    const name = argumentName(arg)
    const many = arg.kind === 'list' ? `${name}…` : name
    return arg.required ? many : `[${many}]`
  })
  return ['opsctl', ...entry.path, '[flags]', ...(entry.passThrough ? ['--'] : []), ...args].join(' ')
}

/** The placeholder of an argument. */
export const argumentName = (arg: FlagEntry): string => arg.value ?? arg.long.toUpperCase()
