import type { FlagEntry } from '../core/command.ts'
import type { Layered } from './layers.ts'

/**
 * What `checked` would make of these values, from what the registry knows of the schema and without asking it; undefined where one of
 * them is not plain. Schemas cost half the time of a start, and most starts give nothing that they would change or refuse.
 */
export function plainInput(flags: readonly FlagEntry[], { values }: Layered): Readonly<Record<string, unknown>> | undefined {
  const input: Record<string, unknown> = {}
  for (const flag of flags) {
    const value = values[flag.key]
    if (value !== undefined) {
      if (!isPlain(flag, value)) return undefined
      input[flag.key] = value
    } else if (flag.required) return undefined
    else if (flag.unset !== undefined) input[flag.key] = Array.isArray(flag.unset) ? [...flag.unset] : flag.unset
  }
  return input
}

function isPlain({ kind, plain, choices, range }: FlagEntry, value: unknown): boolean {
  if (!plain) return false
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'string':
      return typeof value === 'string' && (choices === undefined || choices.includes(value))
    case 'list':
      return Array.isArray(value) && value.every(element => typeof element === 'string')
    default:
      return range !== undefined && Number.isInteger(value) && Number(value) >= range[0] && Number(value) <= range[1]
  }
}
