import { OpsError } from '../core/errors.ts'

/** Where an inventory is wrong; line and column count from one. */
export interface Place {
  readonly path: string
  readonly line?: number
  readonly column?: number
}

/** E_INVENTORY with `path:line:column` in front. */
export function inventoryError(
  place: Place,
  problem: string,
  { hint, cause }: { hint?: string | undefined; cause?: unknown } = {},
): OpsError {
  return new OpsError('E_INVENTORY', `${formatPlace(place)}: ${problem}`, {
    ...(hint === undefined ? {} : { hint }),
    data: { file: place.path, line: place.line, column: place.column },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** `hosts.yaml:3:5`, as far as it is known. */
export const formatPlace = ({ path, line, column }: Place): string =>
  [path, line, column].filter(part => part !== undefined).join(':')
