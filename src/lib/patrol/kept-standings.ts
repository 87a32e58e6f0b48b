import type { Clock } from '../core/clock.ts'
import type { Saved } from './history/history.ts'
import type { Recorder } from './recorder.ts'
import { closed } from './standing/incident.ts'

/** How checks stood when the last process ended, until they are asked for. */
export class KeptStandings {
  readonly #saved: Map<string, Saved>

  constructor(saved: Map<string, Saved>) {
    this.#saved = saved
  }

  /** By the id of a place, once. */
  take(id: string): Saved | undefined {
    const saved = this.#saved.get(id)
    this.#saved.delete(id)
    return saved
  }

  /** Nobody asks for the others any more: their incidents are over. */
  end({ clock, recorder }: { readonly clock: Clock; readonly recorder: Recorder }): void {
    for (const [id, { standing, due }] of this.#saved) {
      const { incident } = standing
      const subject = { title: titleOf(incident?.labels) ?? id, sla: 'P1' as const, labels: {}, recoveries: 1 }
      const now = { at: clock.now(), newId: () => '' }
      if (incident) recorder.add({ id, due, ...closed(standing, { subject, incident, now, why: 'no longer watched' }) })
    }
    if (this.#saved.size > 0) recorder.gone([...this.#saved.keys()])
    this.#saved.clear()
  }
}

/** Of a check of which its labels alone are left. */
const titleOf = ({ check, host }: Readonly<Record<string, string>> = {}): string | undefined =>
  check !== undefined && host !== undefined ? `${check} on ${host}` : check
