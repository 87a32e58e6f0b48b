export interface JournalSettings {
  readonly units: readonly string[]
  /** `_COMM=sshd`; those of one field are joined by or, those of several by and. */
  readonly match: readonly string[]
  /** This boot, or one by its number or id. */
  readonly boot?: string
  readonly priority?: string
  readonly start: 'beginning' | 'end'
  readonly allFields: boolean
  readonly directory?: string
  readonly files: readonly string[]
}

/** Where journalctl looks, and what of it. */
export const placeArgs = ({ directory, files }: JournalSettings): string[] => [
  ...(directory === undefined ? [] : [`--directory=${directory}`]),
  ...files.map(file => `--file=${file}`),
]

export const filterArgs = ({ units, match, boot, priority }: JournalSettings): string[] => [
  ...units.map(unit => `--unit=${unit}`),
  ...(boot === undefined ? [] : [`--boot=${boot}`]),
  ...(priority === undefined ? [] : [`--priority=${priority}`]),
  ...match,
]

export interface JournalReading {
  readonly follow: boolean
  /** That of the entry which was read last. `checked`: it is given once more, as the first, where it is still there. */
  readonly after?: { readonly cursor: string; readonly checked: boolean }
}

/** The command that exports what is new. */
export const exportArgv = (settings: JournalSettings, { follow, after }: JournalReading): string[] => [
  ...['journalctl', '--quiet', '--output=export', '--no-pager', '--all'],
  ...(follow ? ['--follow', '--no-tail'] : []),
  ...(after === undefined ? [] : [`--${after.checked ? '' : 'after-'}cursor=${after.cursor}`]),
  ...placeArgs(settings),
  ...filterArgs(settings),
]

/** The command that exports the last entry there is. */
export const lastEntryArgv = (settings: JournalSettings): string[] => [
  ...['journalctl', '--quiet', '--output=export', '--no-pager', '--lines=1'],
  ...placeArgs(settings),
]
