import type { Outside } from './outside.ts'

const forMachines = new Set(['json', 'ndjson', 'yaml', 'junit', 'tap', 'prometheus'])

/** The format on stdout as far as argv and environment tell, for errors that come before argv is understood. */
export function askedFormat({ argv, env }: Pick<Outside, 'argv' | 'env'>): string {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  const asked = own.flatMap((token, index) => {
    if (token === '-o' || token === '--output') return [own[index + 1] ?? '']
    return [/^(?:--output=|-o)([a-z]\S*)$/.exec(token)?.[1] ?? '']
  })
  return asked.find(format => format !== '' && !format.includes('=')) ?? env.OPSCTL_OUTPUT ?? 'human'
}

/** A format that does not exist is none: its error is told to a person. */
export const isMachineFormat = (format: string): boolean => forMachines.has(format)
