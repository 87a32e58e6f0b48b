import type { Alert } from '../core/alert.ts'

/** A text with what an alert says in it; `encode` is done to each of the values. */
export type Template = (alert: Alert, encode?: (value: string) => string) => string

const plainFields = ['incident', 'status', 'severity', 'summary', 'reason', 'startedAt'] as const
const placeholder = /\$\{([^}]*)\}/g

/** `${severity}`, `${labels.team}` and the like; what an alert does not have is empty. @throws Error that says what is wrong */
export function parseTemplate(text: string): Template {
  for (const [, name = ''] of text.matchAll(placeholder)) {
    if (!plainFields.some(field => field === name) && !/^labels\.[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) {
      throw new Error(`there is no \${${name}}: there are ${plainFields.join(', ')} and labels.NAME`)
    }
  }
  return (alert, encode = value => value) => text.replaceAll(placeholder, (_, name: string) => encode(fieldOf(alert, name)))
}

function fieldOf(alert: Alert, name: string): string {
  const field = plainFields.find(each => each === name)
  if (field !== undefined) return alert[field] ?? ''
  return alert.labels[name.slice('labels.'.length)] ?? ''
}
