import type { ComponentEntry, Program } from '../core/command.ts'
import type { Component, Kind } from '../core/component.ts'
import { OpsError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

/** Components by kind and type, each loaded on first use. */
export class Components {
  readonly #entries: readonly ComponentEntry[]

  constructor({ components }: Pick<Program, 'components'>) {
    this.#entries = components
  }

  /** @throws OpsError E_USAGE naming the nearest type */
  async get<K extends Kind>(kind: K, type: string): Promise<Component<K>> {
    const entry = this.#entries.find(candidate => candidate.kind === kind && candidate.type === type)
    if (entry) return load(entry)
    const types = this.#entries.filter(candidate => candidate.kind === kind).map(candidate => candidate.type)
    const close = nearest(type, types)
    throw new OpsError('E_USAGE', `there is no ${kind} '${type}'`, {
      hint: close ? `did you mean ${close}?` : `there are ${types.join(', ')}`,
    })
  }

  all<K extends Kind>(kind: K): Promise<Component<K>[]> {
    return Promise.all(this.#entries.filter(entry => entry.kind === kind).map(entry => load<K>(entry)))
  }
}

/** The registry is generated from the folders and its test checks each kind, so the default export is what the entry says. */
const load = async <K extends Kind>(entry: ComponentEntry): Promise<Component<K>> => (await entry.load()).default as Component<K>
