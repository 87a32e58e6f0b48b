import type { FlagEntry, Program } from '../core/command.ts'

/** Flags that a configuration file may set, by long name. */
export const settableFlags = (flags: readonly FlagEntry[]): Map<string, FlagEntry> =>
  new Map(flags.filter(flag => !flag.commandLineOnly).map(flag => [flag.long, flag]))

/** The settings of each section of a configuration file; sections are the first words of commands. */
export function sectionsOf({ globals, commands }: Pick<Program, 'globals' | 'commands'>): Map<string, Map<string, FlagEntry>> {
  const byName = Map.groupBy(commands, entry => entry.path[0] ?? '')
  return new Map(
    [...byName].map(([name, entries]) => [name, settableFlags([...globals, ...entries.flatMap(entry => entry.flags)])]),
  )
}
