import { nearest } from '../../core/nearest.ts'
import type { ChangeNode } from '../../plan/file/node.ts'

interface Entries {
  readonly steps: readonly ChangeNode[]
  readonly handlers: readonly ChangeNode[]
}

/** The ids of a file's steps: those that are written, and those that the others get by kind and position. */
export class StepIds {
  readonly #entries: Entries
  /** Where each written id stands. */
  readonly #written = new Map<string, ChangeNode>()
  readonly #ofSteps: readonly string[]

  constructor(entries: Entries) {
    this.#entries = entries
    this.#ofSteps = entries.steps.flatMap(entry => this.#read(entry.child('id')) ?? [])
    for (const entry of entries.handlers) this.#read(entry.child('id'))
  }

  /** What is written, else `write-file-2` for the second step, `handler-1` for the first handler. */
  of(entry: ChangeNode, kind: string): string {
    const { value } = entry.child('id')
    if (typeof value === 'string') return value
    const position = Number(entry.keys.at(-1)) + 1
    const id = this.#entries.handlers.includes(entry) ? `handler-${position}` : `${kind}-${position}`
    return this.#written.has(id) ? this.#free(id) : id
  }

  /** The ids of steps that a handler waits for. Only written ones: a position changes whenever a step is put before it. */
  readOn(node: ChangeNode): readonly string[] | undefined {
    const hint = this.#ofSteps.length > 0 ? `write on: [${this.#ofSteps[0]}]` : 'give the step that it waits for an id'
    if (node.isAbsent) return node.wrong('a handler without on would never run', { hint })
    const entries = node.entries(hint)
    if (entries?.length === 0) return node.wrong('on is an empty list, so the handler would never run', { hint })
    return entries?.flatMap((entry, index) => this.#readWatched(entry, entries.slice(0, index)) ?? [])
  }

  #read(node: ChangeNode): string | undefined {
    const id = node.isAbsent ? undefined : node.text()
    if (id === undefined) return undefined
    if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(id)) {
      return node.wrong(`'${id.slice(0, 80)}' can not be an id`, { hint: 'letters, digits, . _ and -, at most 64' })
    }
    const other = this.#written.get(id)
    if (other) return node.wrong(`the id '${id}' is there twice`, { hint: `the other is on line ${other.line}` })
    this.#written.set(id, node)
    return id
  }

  #readWatched(node: ChangeNode, before: readonly ChangeNode[]): string | undefined {
    const id = node.text()
    if (id === undefined) return undefined
    if (before.some(({ value }) => value === id)) return node.wrong(`'${id}' is there twice in on`)
    if (this.#ofSteps.includes(id)) return id
    if (this.#written.has(id))
      return node.wrong(`'${id}' is a handler`, { hint: 'on names steps; name those that both wait for' })
    const close = nearest(id, this.#ofSteps)
    const known = this.#ofSteps.length > 0 ? `steps with an id are ${this.#ofSteps.join(', ')}` : 'give the step an id of its own'
    return node.wrong(`there is no step with the id '${id}'`, { hint: close ? `did you mean ${close}?` : known })
  }

  #free(id: string): string {
    for (let count = 2; ; count++) if (!this.#written.has(`${id}-${count}`)) return `${id}-${count}`
  }
}
