import type { Alert } from '../core/alert.ts'
import { sha256 } from '../core/sha256.ts'

const maxNameLength = 120

/** The name of what is sent among all: incident, status and, while it is firing, severity and the number of the repeat. */
export function keyOf({ incident, status, severity }: Alert, repeat = 0): string {
  const step = status === 'firing' ? `.${severity}` : ''
  return `${plain(incident)}:${status}${step}${repeat === 0 ? '' : `.${repeat}`}`
}

/** It stands in a header, where not every character may. */
function plain(incident: string): string {
  const name = incident.replaceAll(/[^A-Za-z0-9.-]/g, character => `_${character.charCodeAt(0).toString(16)}_`)
  return name.length <= maxNameLength ? name : `sha256-${sha256().update(incident).digest('hex')}`
}
