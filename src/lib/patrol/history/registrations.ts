import type { Json } from '../../core/json.ts'
import type { History } from './history.ts'

/** A check that was registered at run time. */
export interface Registration {
  readonly name: string
  /** As an entry below `checks:` of a file. */
  readonly definition: Json
  /** Who registered it: `api`, `stream`. */
  readonly source: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What was registered and switched off at run time. */
export interface Registrations {
  readonly registered: ReadonlyMap<string, Registration>
  readonly off: ReadonlySet<string>
}

/** @throws OpsError E_STATE */
export function readRegistrations(history: History): Registrations {
  return history.read(() => {
    const rows = history.database.prepare('SELECT * FROM registered').all()
    const registered = rows.map(({ name, definition, source, at }): [string, Registration] => [
      String(name),
      { name: String(name), definition: JSON.parse(String(definition)), source: String(source), at: Number(at) },
    ])
    const off = history.database.prepare('SELECT name FROM switched_off').all()
    return { registered: new Map(registered), off: new Set(off.map(({ name }) => String(name))) }
  })
}

/** Keeps what changed: durable when it returns. @throws OpsError E_STATE; nothing is kept then */
export function writeRegistrations(history: History, before: Registrations, { registered, off }: Registrations): void {
  if (registered === before.registered && off === before.off) return
  const { database } = history
  history.write(() => {
    for (const [name, { definition, source, at }] of registered) {
      if (before.registered.get(name)?.definition === definition) continue
      database.prepare('REPLACE INTO registered VALUES (?, ?, ?, ?)').run(name, JSON.stringify(definition), source, at)
    }
    for (const name of before.registered.keys())
      if (!registered.has(name)) database.prepare('DELETE FROM registered WHERE name = ?').run(name)
    for (const name of off) if (!before.off.has(name)) database.prepare('REPLACE INTO switched_off VALUES (?)').run(name)
    for (const name of before.off) if (!off.has(name)) database.prepare('DELETE FROM switched_off WHERE name = ?').run(name)
  })
}
