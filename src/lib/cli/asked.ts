import type { ColorSituation } from '../io/wants-color.ts'
import type { Outside } from './outside.ts'

type Asked = Pick<Outside, 'argv' | 'env'>

const forMachines = new Set(['json', 'ndjson', 'yaml', 'junit', 'tap', 'prometheus'])

/** The format on stdout as far as argv and environment tell, for errors that come before argv is understood. */
export function askedFormat(asked: Asked): string {
  const onStdout = given(asked, { long: '--output', short: '-o' }).find(format => format !== '' && !format.includes('='))
  return onStdout ?? (asked.env.OPSCTL_OUTPUT || 'human')
}

/** A format that does not exist is none: its error is told to a person. */
export const isMachineFormat = (format: string): boolean => forMachines.has(format)

/** The same for colour: help, version and errors honour --color too. */
export function askedColor(asked: Asked): ColorSituation['flag'] {
  const word = given(asked, { long: '--color' }).at(-1) ?? asked.env.OPSCTL_COLOR
  return word === 'always' || word === 'never' ? word : 'auto'
}

/** The values of a flag wherever it stands before `--`, right or wrong. */
function given({ argv }: Asked, { long, short }: { readonly long: string; readonly short?: string }): string[] {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  return own.flatMap((token, index) => {
    if (token === long || token === short) return [own[index + 1] ?? '']
    if (token.startsWith(`${long}=`)) return [token.slice(long.length + 1)]
    return short !== undefined && !token.startsWith('--') && token.startsWith(short) ? [token.slice(short.length)] : []
  })
}
