import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Alert } from '../../../core/alert.ts'
import { errnoOf } from '../../../core/errno.ts'
import type { GroupFields } from '../words.ts'

/** What it is over with, or goes on: one incident of one group of a rule. */
export interface KeptIncident {
  readonly rule: string
  readonly group: string
  readonly fields: GroupFields
  /** Clock on the wall, milliseconds. */
  readonly openedAt: number
  readonly firing: Alert
  /** It is over, and not known yet to be in care. */
  readonly resolved?: Alert
}

/** When what a rule misses was seen last, by group, milliseconds. */
export type SeenGroups = Readonly<Record<string, { readonly at: number; readonly fields: GroupFields }>>

/** By rule. */
export type LastSeen = Readonly<Record<string, SeenGroups>>

export interface RuleState {
  readonly form: 1
  readonly incidents: readonly KeptIncident[]
  readonly lastSeen: LastSeen
}

const none: RuleState = { form: 1, incidents: [], lastSeen: {} }

/** What rules remembered when they stopped. @throws Error for a file that can not be read or is not of this form */
export function readRuleState(path: string): RuleState {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return none
    throw error
  }
  const state: unknown = JSON.parse(text)
  if (!isState(state)) throw new Error('it is of another form')
  return state
}

/**
 * Small, and written without yielding: what is in it is there before the records that led to it are delivered, whatever ends the process.
 * A power cut may take it back to the one before.
 */
export const writeRuleState = (path: string, state: RuleState): void => writePrivate(path, state)

export function writePrivate(path: string, content: unknown): void {
  const temporary = `${path}.tmp`
  writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 })
  renameSync(temporary, path)
}

const isState = (value: unknown): value is RuleState =>
  typeof value === 'object' &&
  value !== null &&
  'form' in value &&
  value.form === 1 &&
  'incidents' in value &&
  Array.isArray(value.incidents) &&
  'lastSeen' in value &&
  typeof value.lastSeen === 'object'
